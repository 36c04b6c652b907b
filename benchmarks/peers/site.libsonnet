// The data of the three files of a spec with mirrors, for the peers that speak Jsonnet.
function(spec)
  local registry = { name: self.endpoint, baseContentPath: '', username: '', password: '',
                     caCert: '', insecureSkipVerify: false } + spec.registry;
  local below(path) =
    std.join('/', [part for part in [registry.endpoint, registry.baseContentPath, path] if part != '']);
  local mirrors = [
    local full = if std.isString(mirror) then { source: mirror } else mirror;
    { source: full.source, target: below(std.get(full, 'path', full.source)) }
    for mirror in spec.mirrors
  ];
  local documented = std.join(',', [one.source + '::' + one.target for one in mirrors]);
  {
    values: {
      config: {
        imageSwapImages: std.mapWithKey(function(_, image) below(image), spec.imageSwap.images),
        imageSwapConfig: { isEKSCluster: spec.imageSwap.isEKSCluster },
        ociImageRegistry: registry { mirrorRegistries: documented },
      },
    },
    secret: {
      apiVersion: 'v1',
      stringData: {
        DOMAIN: registry.endpoint,
        BASE_PATH: registry.baseContentPath,
        USERNAME: registry.username,
        PASSWORD: registry.password,
        INSECURE: std.toString(registry.insecureSkipVerify),
        CA_CERT: registry.caCert,
        MIRROR_REGISTRIES: documented,
      },
      kind: 'Secret',
      metadata: { name: 'registry-info', namespace: 'jet-system' },
      type: 'Opaque',
    },
    containerd: {
      version: 2,
      plugins: { 'io.containerd.grpc.v1.cri': { registry: { mirrors: {
        [one.source]: { endpoint: [one.target] }
        for one in mirrors
      } } } },
    },
  }
