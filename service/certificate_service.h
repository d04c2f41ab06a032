// parley.v1.CertificateService. Safe for concurrent use, as gRPC calls it.
#ifndef PARLEY_SERVICE_CERTIFICATE_SERVICE_H_
#define PARLEY_SERVICE_CERTIFICATE_SERVICE_H_

#include "parley/v1/certificate_service.grpc.pb.h"
#include "service/core.h"
#include "service/request_ledger.h"

namespace parley::service {

class CertificateService final
    : public v1::CertificateService::CallbackService {
  using Context = grpc::CallbackServerContext;
  using Unary = grpc::ServerUnaryReactor;

 public:
  // Replies remembered for repeated calls.
  static constexpr size_t kRequestIds = 256;

  explicit CertificateService(const Core& core)
      : core_(core), requests_(kRequestIds) {}

  Unary* GenerateCertificate(
      Context* context, const v1::GenerateCertificateRequest* request,
      v1::GenerateCertificateResponse* response) override;
  Unary* ImportCertificate(Context* context,
                           const v1::ImportCertificateRequest* request,
                           v1::ImportCertificateResponse* response) override;
  Unary* GetCertificate(Context* context,
                        const v1::GetCertificateRequest* request,
                        v1::GetCertificateResponse* response) override;
  Unary* ListCertificates(Context* context,
                          const v1::ListCertificatesRequest* request,
                          v1::ListCertificatesResponse* response) override;
  Unary* RotateCertificate(Context* context,
                           const v1::RotateCertificateRequest* request,
                           v1::RotateCertificateResponse* response) override;
  Unary* DeleteCertificate(Context* context,
                           const v1::DeleteCertificateRequest* request,
                           v1::DeleteCertificateResponse* response) override;

 private:
  const Core& core_;
  RequestLedger requests_;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_CERTIFICATE_SERVICE_H_
