#include "service/certificate_service.h"

#include <string>
#include <utility>

#include "core/base/errors.h"
#include "service/convert_basic.h"
#include "service/convert_certificate.h"
#include "service/convert_configuration.h"
#include "service/ledger_call.h"
#include "service/unary.h"

namespace parley::service {
namespace {

// The end of what makes a certificate.
template <typename Request, typename Response>
pool::CertificateStore::Reply ReplyOf(
    const LedgerCall<Request, Response>& change) {
  return [change](absl::StatusOr<pool::StoredCertificate> made) {
    if (made.ok()) ToProto(*made, change.response().mutable_certificate());
    change.End(made.status());
  };
}

absl::Status CheckName(std::string_view name) {
  return name.empty() ? BadField("name", "is missing") : absl::OkStatus();
}

}  // namespace

CertificateService::Unary* CertificateService::GenerateCertificate(
    Context* context, const v1::GenerateCertificateRequest* request,
    v1::GenerateCertificateResponse* response) {
  const Ending ending(core_, "GenerateCertificate", "", context);
  if (!ending.admission().ok()) return ending.FinishNow(ending.admission());
  auto init = FromProto(*request);
  if (!init.ok()) return ending.FinishNow(init.status());
  const LedgerCall change(ending, *request, *response, requests_);
  if (!change.Begin()) return change.reactor();
  core_.certificates.Generate(ending.caller().tenant, init->options,
                              std::move(init->labels), ReplyOf(change));
  return change.reactor();
}

CertificateService::Unary* CertificateService::ImportCertificate(
    Context* context, const v1::ImportCertificateRequest* request,
    v1::ImportCertificateResponse* response) {
  const Ending ending(core_, "ImportCertificate", "", context);
  if (!ending.admission().ok()) return ending.FinishNow(ending.admission());
  auto labels = FromProto(*request);
  if (!labels.ok()) return ending.FinishNow(labels.status());
  const LedgerCall change(ending, *request, *response, requests_);
  if (!change.Begin()) return change.reactor();
  core_.certificates.Import(ending.caller().tenant, request->certificate_pem(),
                            request->private_key_pem(), *std::move(labels),
                            ReplyOf(change));
  return change.reactor();
}

CertificateService::Unary* CertificateService::GetCertificate(
    Context* context, const v1::GetCertificateRequest* request,
    v1::GetCertificateResponse* response) {
  const Ending ending(core_, "GetCertificate", request->name(), context);
  if (!ending.admission().ok()) return ending.FinishNow(ending.admission());
  absl::Status status = CheckName(request->name());
  if (!status.ok()) return ending.FinishNow(status);
  const auto found =
      core_.certificates.Find(*ending.caller().tenant, request->name());
  if (found.ok()) ToProto(*found, response->mutable_certificate());
  return ending.FinishNow(found.status());
}

CertificateService::Unary* CertificateService::ListCertificates(
    Context* context, const v1::ListCertificatesRequest* request,
    v1::ListCertificatesResponse* response) {
  const Ending ending(core_, "ListCertificates", "", context);
  if (!ending.admission().ok()) return ending.FinishNow(ending.admission());
  const auto page_size = ReadPageSize(request->page_size(), "certificates");
  if (!page_size.ok()) return ending.FinishNow(page_size.status());
  const auto labels = ReadLabels(request->labels());
  if (!labels.ok()) return ending.FinishNow(labels.status());
  const auto page = core_.certificates.List(*ending.caller().tenant, *page_size,
                                            request->page_token(), *labels);
  if (!page.ok()) return ending.FinishNow(page.status());
  for (const pool::StoredCertificate& one : page->certificates) {
    ToProto(one, response->add_certificates());
  }
  response->set_next_page_token(page->next);
  return ending.FinishNow(absl::OkStatus());
}

CertificateService::Unary* CertificateService::RotateCertificate(
    Context* context, const v1::RotateCertificateRequest* request,
    v1::RotateCertificateResponse* response) {
  const Ending ending(core_, "RotateCertificate", request->name(), context);
  if (!ending.admission().ok()) return ending.FinishNow(ending.admission());
  absl::Status status = CheckName(request->name());
  if (!status.ok()) return ending.FinishNow(status);
  const LedgerCall change(ending, *request, *response, requests_);
  if (!change.Begin()) return change.reactor();
  core_.certificates.Rotate(ending.caller().tenant, request->name(),
                            ReplyOf(change));
  return change.reactor();
}

CertificateService::Unary* CertificateService::DeleteCertificate(
    Context* context, const v1::DeleteCertificateRequest* request,
    v1::DeleteCertificateResponse* response) {
  const Ending ending(core_, "DeleteCertificate", request->name(), context);
  if (!ending.admission().ok()) return ending.FinishNow(ending.admission());
  absl::Status status = CheckName(request->name());
  if (!status.ok()) return ending.FinishNow(status);
  const LedgerCall change(ending, *request, *response, requests_);
  if (!change.Begin()) return change.reactor();
  change.End(
      core_.certificates.Delete(*ending.caller().tenant, request->name()));
  return change.reactor();
}

}  // namespace parley::service
