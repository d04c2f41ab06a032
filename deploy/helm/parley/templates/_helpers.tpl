{{- define "parley.name" -}}
{{- $name := .Values.fullnameOverride -}}
{{- if not $name -}}
{{- $name = ternary .Release.Name (printf "%s-parley" .Release.Name) (contains "parley" .Release.Name) -}}
{{- end -}}
{{- /* Room for the number of the pod in what must be a DNS label. */ -}}
{{- $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "parley.selector" -}}
app.kubernetes.io/name: parley
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "parley.labels" -}}
{{ include "parley.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- /* The most pods there can be. */ -}}
{{- define "parley.pods" -}}
{{- if .Values.autoscaling.enabled -}}
{{ .Values.autoscaling.maxReplicas }}
{{- else -}}
{{ .Values.replicas }}
{{- end -}}
{{- end -}}

{{- define "parley.tlsSecret" -}}
{{- if .Values.tls.secretName -}}
{{ .Values.tls.secretName }}
{{- else if .Values.tls.certManager.enabled -}}
{{ include "parley.name" . }}-tls
{{- end -}}
{{- end -}}

{{- /* Values that the schema accepts one by one and that cannot go together. */ -}}
{{- define "parley.check" -}}
{{- if and .Values.tls.clientCertificates (not (include "parley.tlsSecret" .)) -}}
{{- fail "tls.clientCertificates needs tls.secretName or tls.certManager" -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- fail "autoscaling.minReplicas is more than autoscaling.maxReplicas" -}}
{{- end -}}
{{- end -}}
