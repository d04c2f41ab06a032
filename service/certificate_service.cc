#include "service/certificate_service.h"

#include <optional>
#include <string>
#include <utility>

#include "core/base/errors.h"
#include "service/convert_basic.h"
#include "service/convert_certificate.h"
#include "service/convert_configuration.h"
#include "service/unary.h"

namespace parley::service {
namespace {

// A call that changes what is stored. Copies are the same call.
template <typename Request, typename Response>
class StoreChange {
 public:
  StoreChange(const Ending& ending, const Request& request, Response& response,
              RequestLedger& ledger)
      : ending_(ending),
        request_(request),
        response_(response),
        ledger_(ledger) {}

  // False: the call has ended; it was answered before, or is refused.
  bool Begin() const {
    const std::string& id = request_.request_id();
    if (absl::Status bad = CheckRequestId(id); !bad.ok()) return Refuse(bad);
    if (id.empty()) return true;
    const auto before = ledger_.Begin(id, HashMessage(request_));
    if (!before.ok()) return Refuse(before.status());
    if (!*before) return true;
    response_.ParseFromString(**before);
    return Refuse(absl::OkStatus());
  }

  void End(const absl::Status& status) const {
    const std::string& id = request_.request_id();
    if (!id.empty()) {
      ledger_.End(id, status.ok() ? std::optional<std::string>(
                                        response_.SerializeAsString())
                                  : std::nullopt);
    }
    ending_.Finish(status);
  }

  // The end of what makes a certificate.
  pool::CertificateStore::Reply Reply() const {
    return [*this](absl::StatusOr<pool::StoredCertificate> made) {
      if (made.ok()) ToProto(*made, response_.mutable_certificate());
      End(made.status());
    };
  }

  grpc::ServerUnaryReactor* reactor() const { return ending_.reactor(); }

 private:
  bool Refuse(const absl::Status& status) const {
    ending_.Finish(status);
    return false;
  }

  Ending ending_;
  const Request& request_;
  Response& response_;
  RequestLedger& ledger_;
};

absl::Status CheckName(std::string_view name) {
  return name.empty() ? BadField("name", "is missing") : absl::OkStatus();
}

}  // namespace

CertificateService::Unary* CertificateService::GenerateCertificate(
    Context* context, const v1::GenerateCertificateRequest* request,
    v1::GenerateCertificateResponse* response) {
  const Ending ending(core_, "GenerateCertificate", "", context);
  auto init = FromProto(*request);
  if (!init.ok()) return ending.FinishNow(init.status());
  const StoreChange change(ending, *request, *response, requests_);
  if (!change.Begin()) return change.reactor();
  core_.certificates.Generate(init->options, std::move(init->labels),
                              change.Reply());
  return change.reactor();
}

CertificateService::Unary* CertificateService::ImportCertificate(
    Context* context, const v1::ImportCertificateRequest* request,
    v1::ImportCertificateResponse* response) {
  const Ending ending(core_, "ImportCertificate", "", context);
  auto labels = FromProto(*request);
  if (!labels.ok()) return ending.FinishNow(labels.status());
  const StoreChange change(ending, *request, *response, requests_);
  if (!change.Begin()) return change.reactor();
  core_.certificates.Import(request->certificate_pem(),
                            request->private_key_pem(), *std::move(labels),
                            change.Reply());
  return change.reactor();
}

CertificateService::Unary* CertificateService::GetCertificate(
    Context* context, const v1::GetCertificateRequest* request,
    v1::GetCertificateResponse* response) {
  const Ending ending(core_, "GetCertificate", request->name(), context);
  absl::Status status = CheckName(request->name());
  if (!status.ok()) return ending.FinishNow(status);
  const auto found = core_.certificates.Find(request->name());
  if (found.ok()) ToProto(*found, response->mutable_certificate());
  return ending.FinishNow(found.status());
}

CertificateService::Unary* CertificateService::ListCertificates(
    Context* context, const v1::ListCertificatesRequest* request,
    v1::ListCertificatesResponse* response) {
  const Ending ending(core_, "ListCertificates", "", context);
  const auto page_size = ReadPageSize(request->page_size(), "certificates");
  if (!page_size.ok()) return ending.FinishNow(page_size.status());
  const auto labels = ReadLabels(request->labels());
  if (!labels.ok()) return ending.FinishNow(labels.status());
  const auto page =
      core_.certificates.List(*page_size, request->page_token(), *labels);
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
  absl::Status status = CheckName(request->name());
  if (!status.ok()) return ending.FinishNow(status);
  const StoreChange change(ending, *request, *response, requests_);
  if (!change.Begin()) return change.reactor();
  core_.certificates.Rotate(request->name(), change.Reply());
  return change.reactor();
}

CertificateService::Unary* CertificateService::DeleteCertificate(
    Context* context, const v1::DeleteCertificateRequest* request,
    v1::DeleteCertificateResponse* response) {
  const Ending ending(core_, "DeleteCertificate", request->name(), context);
  absl::Status status = CheckName(request->name());
  if (!status.ok()) return ending.FinishNow(status);
  const StoreChange change(ending, *request, *response, requests_);
  if (!change.Begin()) return change.reactor();
  change.End(core_.certificates.Delete(request->name()));
  return change.reactor();
}

}  // namespace parley::service
