{{- /* Where something is below the base: the list of a registry and a path to a text. */ -}}
{{- define "below" -}}
{{- $registry := index . 0 -}}
{{- list $registry.endpoint ($registry.baseContentPath | default "") (index . 1) | compact | join "/" -}}
{{- end -}}

{{- /* The mirrors of a spec as a list in JSON: where from, and where to. */ -}}
{{- define "mirrors" -}}
{{- $registry := .Values.registry -}}
{{- $found := list -}}
{{- range .Values.mirrors -}}
{{- $source := kindIs "string" . | ternary . (index (kindIs "string" . | ternary dict .) "source") -}}
{{- $path := $source -}}
{{- if and (kindIs "map" .) (hasKey . "path") -}}{{- $path = .path -}}{{- end -}}
{{- $found = append $found (dict "source" $source "target" (include "below" (list $registry $path))) -}}
{{- end -}}
{{- toJson $found -}}
{{- end -}}

{{- define "documented" -}}
{{- $found := list -}}
{{- range include "mirrors" . | fromJsonArray -}}
{{- $found = append $found (printf "%s::%s" .source .target) -}}
{{- end -}}
{{- join "," $found -}}
{{- end -}}
