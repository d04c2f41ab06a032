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

{{- /* One UDP port of each pod is reached from outside. */ -}}
{{- define "parley.onePort" -}}
{{- if has .Values.udp.expose (list "hostPort" "nodePort" "loadBalancer") }}true{{ end -}}
{{- end -}}

{{- /* What a peer is that does not say: what works where it is. */ -}}
{{- define "parley.iceMode" -}}
{{- .Values.udp.iceMode | default (ternary "single-port" "full" (eq (include "parley.onePort" .) "true")) -}}
{{- end -}}

{{- /* Every pod has a Service, and a port of its own. */ -}}
{{- define "parley.perPod" -}}
{{- if has .Values.udp.expose (list "nodePort" "loadBalancer") }}true{{ end -}}
{{- end -}}

{{- /* The number of the first pod, and before it what makes a port of it. */ -}}
{{- define "parley.firstPod" -}}100{{- end -}}
{{- define "parley.portPrefix" -}}30{{- end -}}

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

{{- /* The flag --jwt-keys: the entries of the Secret as files. */ -}}
{{- define "parley.jwtKeys" -}}
{{- $files := list -}}
{{- range .Values.auth.jwt.keys -}}
{{- $files = append $files (printf "/etc/parley/jwt/%s" .) -}}
{{- end -}}
{{- join "," $files -}}
{{- end -}}

{{- /* Values that the schema accepts one by one and that cannot go together. */ -}}
{{- define "parley.check" -}}
{{- if eq (int .Values.udp.port) 0 -}}
{{- if include "parley.onePort" . -}}
{{- fail (printf "udp.expose %s needs udp.port: it opens one port, not those of full ICE agents" .Values.udp.expose) -}}
{{- end -}}
{{- if eq .Values.udp.iceMode "single-port" -}}
{{- fail "udp.iceMode single-port needs udp.port" -}}
{{- end -}}
{{- end -}}
{{- if and (eq .Values.udp.expose "loadBalancer") (not .Values.udp.externalAddresses) -}}
{{- fail "udp.expose loadBalancer needs udp.externalAddresses: a pod cannot ask for the address of its Service" -}}
{{- end -}}
{{- if not .Values.metrics.enabled -}}
{{- if .Values.metrics.serviceMonitor.enabled -}}
{{- fail "metrics.serviceMonitor needs metrics.enabled" -}}
{{- end -}}
{{- if .Values.autoscaling.targetPool -}}
{{- fail "autoscaling.targetPool needs metrics.enabled" -}}
{{- end -}}
{{- end -}}
{{- if and .Values.tls.clientCertificates (not (include "parley.tlsSecret" .)) -}}
{{- fail "tls.clientCertificates needs tls.secretName or tls.certManager" -}}
{{- end -}}
{{- if and (or .Values.auth.tokensSecret .Values.auth.jwt.keysSecret) (not (include "parley.tlsSecret" .)) (not .Values.auth.plaintext) -}}
{{- fail "auth.tokensSecret and auth.jwt.keysSecret need tls.secretName or tls.certManager: others on the network could read the tokens; auth.plaintext says that this is meant" -}}
{{- end -}}
{{- if and .Values.auth.certificates (not .Values.tls.clientCertificates) -}}
{{- fail "auth.certificates needs tls.clientCertificates" -}}
{{- end -}}
{{- if and .Values.tenants.callBurst (not .Values.tenants.callRate) -}}
{{- fail "tenants.callBurst needs tenants.callRate" -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) -}}
{{- fail "autoscaling.minReplicas is more than autoscaling.maxReplicas" -}}
{{- end -}}
{{- end -}}
