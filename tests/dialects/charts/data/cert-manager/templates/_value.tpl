{{/* The value at a path, as JSON: (list .Values "config.name"). Without one, nothing renders. */}}
{{- define "value" -}}
{{- $value := index . 0 -}}
{{- $path := index . 1 -}}
{{- range splitList "." $path -}}
{{- if not (hasKey $value .) -}}
{{- fail (printf "missing value %s" $path) -}}
{{- end -}}
{{- $value = index $value . -}}
{{- if kindIs "invalid" $value -}}
{{- fail (printf "missing value %s" $path) -}}
{{- end -}}
{{- end -}}
{{- toJson $value -}}
{{- end -}}
