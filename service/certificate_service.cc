#include "service/certificate_service.h"

#include "service/unary.h"

namespace parley::service {

CertificateService::Unary* CertificateService::GenerateCertificate(
    Context* context, const v1::GenerateCertificateRequest*,
    v1::GenerateCertificateResponse*) {
  return Ending(core_, "GenerateCertificate", "", context)
      .FinishNow(NotBuilt("GenerateCertificate"));
}

CertificateService::Unary* CertificateService::ImportCertificate(
    Context* context, const v1::ImportCertificateRequest*,
    v1::ImportCertificateResponse*) {
  return Ending(core_, "ImportCertificate", "", context)
      .FinishNow(NotBuilt("ImportCertificate"));
}

CertificateService::Unary* CertificateService::GetCertificate(
    Context* context, const v1::GetCertificateRequest* request,
    v1::GetCertificateResponse*) {
  return Ending(core_, "GetCertificate", request->name(), context)
      .FinishNow(NotBuilt("GetCertificate"));
}

CertificateService::Unary* CertificateService::ListCertificates(
    Context* context, const v1::ListCertificatesRequest*,
    v1::ListCertificatesResponse*) {
  return Ending(core_, "ListCertificates", "", context)
      .FinishNow(NotBuilt("ListCertificates"));
}

CertificateService::Unary* CertificateService::RotateCertificate(
    Context* context, const v1::RotateCertificateRequest* request,
    v1::RotateCertificateResponse*) {
  return Ending(core_, "RotateCertificate", request->name(), context)
      .FinishNow(NotBuilt("RotateCertificate"));
}

CertificateService::Unary* CertificateService::DeleteCertificate(
    Context* context, const v1::DeleteCertificateRequest* request,
    v1::DeleteCertificateResponse*) {
  return Ending(core_, "DeleteCertificate", request->name(), context)
      .FinishNow(NotBuilt("DeleteCertificate"));
}

}  // namespace parley::service
