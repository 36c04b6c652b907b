// Kapitan writes a file for each key; the spec is the parameters of the target.
local kapitan = import 'lib/kapitan.libjsonnet';
local site = (import 'site.libsonnet')(kapitan.inventory().parameters.spec);
{ values: site.values, 'registry-secret': site.secret }
