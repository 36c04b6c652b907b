"""The schema and the templates as Python: made by .ci/generate.py, never edited by hand.

It only says yes: what `accepts` refuses, the schema itself decides.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


def _accepts_1(value: Any) -> bool:
    return type(value) is str and value == 'regspec/v1'


def _accepts_2(value: Any) -> bool:
    return type(value) is str and value == 'RegistrySpec'


def _accepts_4(value: Any) -> bool:
    return type(value) is str and len(value) <= 512 and re.search('^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\\[[0-9a-f:.]+\\])(?::(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?(?:/[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*)*$(?!\\n)', value) is not None


def _accepts_5(value: Any) -> bool:
    return type(value) is str and len(value) >= 1


def _accepts_6(value: Any) -> bool:
    return type(value) is str and len(value) <= 255 and re.search('^(?:[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*)*)?$(?!\\n)', value) is not None


def _accepts_8(value: Any) -> bool:
    return type(value) is str and len(value) <= 255 and re.search('^[A-Za-z_][A-Za-z0-9_]*$(?!\\n)', value) is not None


def _accepts_9(value: Any) -> bool:
    return type(value) is str and len(value) <= 4096 and re.search('^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]+$(?!\\n)', value) is not None


def _accepts_7(value: Any) -> bool:
    return type(value) is str or type(value) is dict and value.keys() <= {'env', 'file'} and len(value) >= 1 and len(value) <= 1 and ('env' not in value or _accepts_8(value['env'])) and ('file' not in value or _accepts_9(value['file']))


def _accepts_10(value: Any) -> bool:
    return type(value) is bool


def _accepts_11(value: Any) -> bool:
    return type(value) is bool


def _accepts_12(value: Any) -> bool:
    return type(value) is bool


def _accepts_13(value: Any) -> bool:
    return type(value) is str and len(value) >= 1


def _accepts_3(value: Any) -> bool:
    return type(value) is dict and value.keys() <= {'endpoint', 'name', 'baseContentPath', 'username', 'password', 'insecureSkipVerify', 'caCert', 'plainHTTP', 'proxyCache', 'mirrorRegistries'} and 'endpoint' in value and ('endpoint' not in value or _accepts_4(value['endpoint'])) and ('name' not in value or _accepts_5(value['name'])) and ('baseContentPath' not in value or _accepts_6(value['baseContentPath'])) and ('username' not in value or _accepts_7(value['username'])) and ('password' not in value or _accepts_7(value['password'])) and ('insecureSkipVerify' not in value or _accepts_10(value['insecureSkipVerify'])) and ('caCert' not in value or _accepts_7(value['caCert'])) and ('plainHTTP' not in value or _accepts_11(value['plainHTTP'])) and ('proxyCache' not in value or _accepts_12(value['proxyCache'])) and ('mirrorRegistries' not in value or _accepts_13(value['mirrorRegistries']))


def _accepts_16(value: Any) -> bool:
    return type(value) is str and len(value) <= 259 and re.search('^(?:\\*|docker\\.io/library|(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\\[[0-9a-f:.]+\\])(?::(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?)$(?!\\n)', value) is not None


def _accepts_17(value: Any) -> bool:
    return type(value) is bool


def _accepts_15(value: Any) -> bool:
    return type(value) is str and re.search('^(?:docker\\.io/library|[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*)$(?!\\n)', value) is not None and len(value) <= 253 or type(value) is dict and value.keys() <= {'source', 'path', 'target', 'proxyCache'} and 'source' in value and ('source' not in value or _accepts_16(value['source'])) and ('path' not in value or _accepts_6(value['path'])) and ('target' not in value or _accepts_4(value['target'])) and ('proxyCache' not in value or _accepts_17(value['proxyCache']))


def _accepts_14(value: Any) -> bool:
    return type(value) is list and len(value) >= 1 and all(_accepts_15(one) for one in value)


def _accepts_19(value: Any) -> bool:
    return type(value) is str and len(value) <= 259 and re.search('^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\\[[0-9a-f:.]+\\])(?::(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?$(?!\\n)', value) is not None


def _accepts_20(value: Any) -> bool:
    return type(value) is dict and value.keys() <= {'username', 'password', 'insecureSkipVerify', 'caCert', 'plainHTTP'} and ('username' not in value or _accepts_7(value['username'])) and ('password' not in value or _accepts_7(value['password'])) and ('insecureSkipVerify' not in value or _accepts_10(value['insecureSkipVerify'])) and ('caCert' not in value or _accepts_7(value['caCert'])) and ('plainHTTP' not in value or _accepts_11(value['plainHTTP']))


def _accepts_18(value: Any) -> bool:
    return type(value) is dict and all(_accepts_19(key) for key in value) and all(_accepts_20(one) for one in value.values())


def _accepts_21(value: Any) -> bool:
    return type(value) is str and value in ('deny', 'allow')


def _accepts_23(value: Any) -> bool:
    return type(value) is str and len(value) >= 1


def _accepts_22(value: Any) -> bool:
    return type(value) is str and len(value) <= 4096 and re.search('^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]+$(?!\\n)', value) is not None or type(value) is list and all(_accepts_23(one) for one in value)


def _accepts_25(value: Any) -> bool:
    return type(value) is bool


def _accepts_28(value: Any) -> bool:
    return type(value) is str and len(value) >= 1


def _accepts_27(value: Any) -> bool:
    return type(value) is str and len(value) >= 1 or type(value) is dict and value.keys() <= {'exact'} and 'exact' in value and ('exact' not in value or _accepts_28(value['exact']))


def _accepts_26(value: Any) -> bool:
    return type(value) is dict and value.keys() <= {'imageSwapInitImage', 'imageSwapImage'} and 'imageSwapInitImage' in value and 'imageSwapImage' in value and ('imageSwapInitImage' not in value or _accepts_27(value['imageSwapInitImage'])) and ('imageSwapImage' not in value or _accepts_27(value['imageSwapImage']))


def _accepts_29(value: Any) -> bool:
    return type(value) is bool


def _accepts_24(value: Any) -> bool:
    return type(value) is dict and value.keys() <= {'isEKSCluster', 'images', 'pullSecret'} and len(value) >= 1 and ('isEKSCluster' not in value or _accepts_25(value['isEKSCluster'])) and ('images' not in value or _accepts_26(value['images'])) and ('pullSecret' not in value or _accepts_29(value['pullSecret']))


def _accepts_31(value: Any) -> bool:
    return type(value) is dict and value.keys() <= {'cainjectorImage', 'controllerImage', 'webhookImage', 'amceResolverImage'} and 'cainjectorImage' in value and 'controllerImage' in value and 'webhookImage' in value and 'amceResolverImage' in value and ('cainjectorImage' not in value or _accepts_27(value['cainjectorImage'])) and ('controllerImage' not in value or _accepts_27(value['controllerImage'])) and ('webhookImage' not in value or _accepts_27(value['webhookImage'])) and ('amceResolverImage' not in value or _accepts_27(value['amceResolverImage']))


def _accepts_30(value: Any) -> bool:
    return type(value) is dict and value.keys() <= {'images', 'pullSecret'} and len(value) >= 1 and ('images' not in value or _accepts_31(value['images'])) and ('pullSecret' not in value or _accepts_29(value['pullSecret']))


def _accepts_34(value: Any) -> bool:
    return type(value) is str and value in ('values', 'secret', 'containerd', 'certs.d', 'k3s', 'registries.conf', 'talos', 'openshift', 'docker', 'buildkit', 'kind', 'kubeadm', 'imageswap', 'pull-secret', 'palette', 'copy-list', 'regsync', 'runbook', 'hauler', 'zarf')


def _accepts_35(value: Any) -> bool:
    return type(value) is str and len(value) <= 1024 and re.search('^(?!/)(?!(?:[^/]*/)*\\.{0,2}(?:/|$))(?!.*\\.regspec-(?:new|files)$)(?!.*[^/]{201})[^\\\\\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]+$(?!\\n)', value) is not None


def _accepts_36(value: Any) -> bool:
    return type(value) is str and len(value) <= 64 and re.search('^[1-9][0-9]*\\.[0-9]+(?:\\.[0-9]+)?(?:-[0-9a-z.]+)?$(?!\\n)', value) is not None


def _accepts_37(value: Any) -> bool:
    return type(value) is str and value in ('fragment', 'full')


def _accepts_38(value: Any) -> bool:
    return type(value) is int and value in (2, 3)


def _accepts_39(value: Any) -> bool:
    return type(value) is str and value in ('documented', 'api')


def _accepts_40(value: Any) -> bool:
    return type(value) is str and len(value) <= 1024 and re.search('^/[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]+$(?!\\n)', value) is not None


def _accepts_41(value: Any) -> bool:
    return type(value) is str and len(value) <= 1024 and re.search('^/[^:\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]+$(?!\\n)', value) is not None


def _accepts_42(value: Any) -> bool:
    return type(value) is str and value in ('none', 'config', 'header')


def _accepts_43(value: Any) -> bool:
    return type(value) is str and len(value) >= 1 and len(value) <= 512 and re.search('^[^\\s\\u0000-\\u001f\\u007f-\\u009f]+$(?!\\n)', value) is not None


def _accepts_44(value: Any) -> bool:
    return type(value) is bool


def _accepts_45(value: Any) -> bool:
    return type(value) is str and value in ('k3s', 'rke2')


def _accepts_46(value: Any) -> bool:
    return type(value) is str and len(value) <= 253 and re.search('^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$(?!\\n)', value) is not None


def _accepts_48(value: Any) -> bool:
    return type(value) is str and len(value) <= 63 and re.search('^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$(?!\\n)', value) is not None


def _accepts_47(value: Any) -> bool:
    return type(value) is list and len(value) >= 1 and all(_accepts_48(one) for one in value)


def _accepts_49(value: Any) -> bool:
    return type(value) is bool


def _accepts_50(value: Any) -> bool:
    return type(value) is str and value in ('cluster-api', 'cloud-init')


def _accepts_51(value: Any) -> bool:
    return type(value) is str and value in ('reference', 'inline')


def _accepts_53(value: Any) -> bool:
    return type(value) is str and len(value) <= 64 and re.search('^[a-z0-9.-]+$(?!\\n)', value) is not None


def _accepts_52(value: Any) -> bool:
    return type(value) is list and len(value) >= 1 and all(_accepts_53(one) for one in value)


def _accepts_54(value: Any) -> bool:
    return type(value) is str and value in ('classic', 'containerd')


def _accepts_33(value: Any) -> bool:
    return type(value) is str and value in ('values', 'secret', 'containerd', 'certs.d', 'k3s', 'registries.conf', 'talos', 'openshift', 'docker', 'buildkit', 'kind', 'kubeadm', 'imageswap', 'pull-secret', 'palette', 'copy-list', 'regsync', 'runbook', 'hauler', 'zarf') or type(value) is dict and value.keys() <= {'target', 'out', 'version', 'form', 'configVersion', 'endpoints', 'caFile', 'configPath', 'credentials', 'sandboxImage', 'systemdCgroup', 'distribution', 'name', 'namespaces', 'patches', 'format', 'secrets', 'carry', 'imageStore'} and 'target' in value and ('target' not in value or _accepts_34(value['target'])) and ('out' not in value or _accepts_35(value['out'])) and ('version' not in value or _accepts_36(value['version'])) and ('form' not in value or _accepts_37(value['form'])) and ('configVersion' not in value or _accepts_38(value['configVersion'])) and ('endpoints' not in value or _accepts_39(value['endpoints'])) and ('caFile' not in value or _accepts_40(value['caFile'])) and ('configPath' not in value or _accepts_41(value['configPath'])) and ('credentials' not in value or _accepts_42(value['credentials'])) and ('sandboxImage' not in value or _accepts_43(value['sandboxImage'])) and ('systemdCgroup' not in value or _accepts_44(value['systemdCgroup'])) and ('distribution' not in value or _accepts_45(value['distribution'])) and ('name' not in value or _accepts_46(value['name'])) and ('namespaces' not in value or _accepts_47(value['namespaces'])) and ('patches' not in value or _accepts_49(value['patches'])) and ('format' not in value or _accepts_50(value['format'])) and ('secrets' not in value or _accepts_51(value['secrets'])) and ('carry' not in value or _accepts_52(value['carry'])) and ('imageStore' not in value or _accepts_54(value['imageStore']))


def _accepts_32(value: Any) -> bool:
    return type(value) is list and len(value) >= 1 and all(_accepts_33(one) for one in value)


def _accepts_57(value: Any) -> bool:
    return type(value) is str and re.search('^RS[0-9]{3}$(?!\\n)', value) is not None


def _accepts_56(value: Any) -> bool:
    return type(value) is list and all(_accepts_57(one) for one in value)


def _accepts_55(value: Any) -> bool:
    return type(value) is dict and value.keys() <= {'ignore'} and ('ignore' not in value or _accepts_56(value['ignore']))


def _accepts_0(value: Any) -> bool:
    return type(value) is dict and value.keys() <= {'apiVersion', 'kind', 'registry', 'mirrors', 'hosts', 'fallback', 'images', 'imageSwap', 'certManager', 'targets', 'lint'} and 'apiVersion' in value and 'kind' in value and 'registry' in value and ('apiVersion' not in value or _accepts_1(value['apiVersion'])) and ('kind' not in value or _accepts_2(value['kind'])) and ('registry' not in value or _accepts_3(value['registry'])) and ('mirrors' not in value or _accepts_14(value['mirrors'])) and ('hosts' not in value or _accepts_18(value['hosts'])) and ('fallback' not in value or _accepts_21(value['fallback'])) and ('images' not in value or _accepts_22(value['images'])) and ('imageSwap' not in value or _accepts_24(value['imageSwap'])) and ('certManager' not in value or _accepts_30(value['certManager'])) and ('targets' not in value or _accepts_32(value['targets'])) and ('lint' not in value or _accepts_55(value['lint']))


def _values_yaml(
    context: Mapping[str, Any],
    finalize: Callable[[Any], str],
    filters: Mapping[str, Callable[..., Any]],
) -> str:
    out: list[str] = []
    out += [finalize(context['header']), '\nconfig:\n']
    if 'imageSwapImages' in context['config']:
        out += ['  imageSwapImages:\n']
        for key, image in context['config']['imageSwapImages'].items():
            out += ['    ', finalize(filters['word'](key)), ': ', finalize(image), '\n']
        out += ['\n']
    if 'imageSwapConfig' in context['config']:
        out += ['  imageSwapConfig:\n    isEKSCluster: ', finalize(context['config']['imageSwapConfig']['isEKSCluster']), '\n\n']
    registry = context['config']['ociImageRegistry']
    out += ['  ociImageRegistry:\n    endpoint: ', finalize(registry['endpoint']), '\n    name: ', finalize(registry['name']), '\n    password: ', finalize(registry['password']), '\n    username: ', finalize(registry['username']), '\n    baseContentPath: ', finalize(registry['baseContentPath']), '\n    insecureSkipVerify: ', finalize(registry['insecureSkipVerify']), '\n    caCert: ', finalize(filters['pem_block'](registry['caCert'], 6)), '\n    mirrorRegistries: ', finalize(registry['mirrorRegistries']), '\n']
    if 'imagePullSecret' in context['config']:
        out += ['\n  imagePullSecret:\n    create: ', finalize(context['config']['imagePullSecret']['create']), '\n    dockerConfigJson: ', finalize(context['config']['imagePullSecret']['dockerConfigJson']), '\n']
    if 'image' in context:
        out += ['\nimage:\n']
        for key, reference in context['image'].items():
            out += ['  ', finalize(filters['word'](key)), ': ', finalize(reference), '\n']
    if 'imagePullSecret' in context:
        out += ['\nimagePullSecret:\n  create: ', finalize(context['imagePullSecret']['create']), '\n  dockerConfigJson: ', finalize(context['imagePullSecret']['dockerConfigJson']), '\n']
    return "".join(out)


def _registry_secret_yaml(
    context: Mapping[str, Any],
    finalize: Callable[[Any], str],
    filters: Mapping[str, Callable[..., Any]],
) -> str:
    out: list[str] = []
    out += ['---\napiVersion: v1\nstringData:\n  DOMAIN: ', finalize(context['DOMAIN']), '\n  BASE_PATH: ', finalize(context['BASE_PATH']), '\n  USERNAME: ', finalize(context['USERNAME']), '\n  PASSWORD: ', finalize(context['PASSWORD']), '\n  INSECURE: ', finalize(context['INSECURE']), '\n  CA_CERT: ', finalize(filters['pem_block'](context['CA_CERT'], 4)), '\n  MIRROR_REGISTRIES: ', finalize(context['MIRROR_REGISTRIES']), '\nkind: Secret\nmetadata:\n  name: registry-info\n  namespace: jet-system\ntype: Opaque\n']
    return "".join(out)


def _containerd_toml(
    context: Mapping[str, Any],
    finalize: Callable[[Any], str],
    filters: Mapping[str, Callable[..., Any]],
) -> str:
    out: list[str] = []
    out += [finalize(context['header']), '\nversion = ', finalize(context['config_version']), '\n']
    if context['full']:
        out += ['\nimports = ["/etc/containerd/conf.d/*.toml"]\n\n[plugins]\n  [plugins.', finalize(context['plugin']), ']\n  [plugins.', finalize(context['plugin']), '.containerd.runtimes.runc]\n    runtime_type = "io.containerd.runc.v2"\n  [plugins.', finalize(context['plugin']), '.containerd.runtimes.runc.options]\n    SystemdCgroup = true\n']
    out += ['\n  [plugins.', finalize(context['plugin']), '.registry]\n    [plugins.', finalize(context['plugin']), '.registry.mirrors]\n']
    for source, mirror in context['inline_mirrors'].items():
        out += ['      ', finalize(source), ' = ', finalize(filters['inline'](mirror)), '\n']
    for source, endpoint in context['mirrors']:
        out += ['      [plugins.', finalize(context['plugin']), '.registry.mirrors.', finalize(source), ']\n        endpoint = [', finalize(endpoint), ']\n']
    if context['has_configs']:
        out += ['    [plugins.', finalize(context['plugin']), '.registry.configs]\n']
        for host, config in context['inline_configs'].items():
            out += ['      ', finalize(host), ' = ', finalize(filters['inline'](config)), '\n']
        for host, settings in context['tls'].items():
            out += ['      [plugins.', finalize(context['plugin']), '.registry.configs.', finalize(host), '.tls]\n']
            for key, value in settings.items():
                out += ['        ', finalize(filters['word'](key)), ' = ', finalize(value), '\n']
    return "".join(out)


accepts = _accepts_0
"""Whether the schema surely accepts the data of a document."""
TEMPLATES = {
    "values.yaml.j2": _values_yaml,
    "registry-secret.yaml.j2": _registry_secret_yaml,
    "containerd.toml.j2": _containerd_toml,
}
"""Renders a template: its values, what becomes of each, and the filters."""
