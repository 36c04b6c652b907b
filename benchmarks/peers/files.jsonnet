// The texts of the three files, by their names; the spec is beside this file.
local site = (import 'site.libsonnet')(std.parseYaml(importstr 'registry.yaml'));
{
  'values.yaml': std.manifestYamlDoc(site.values),
  'registry-secret.yaml': std.manifestYamlDoc(site.secret),
  'containerd.toml': std.manifestTomlEx(site.containerd, '  '),
}
