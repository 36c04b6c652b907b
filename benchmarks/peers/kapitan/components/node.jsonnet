// What is TOML; a file of its own, because a component of Kapitan is of one format.
local kapitan = import 'lib/kapitan.libjsonnet';
{ containerd: (import 'site.libsonnet')(kapitan.inventory().parameters.spec).containerd }
