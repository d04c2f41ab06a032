// The RPCs of Parley by name. Values, known when the server is compiled.
#ifndef PARLEY_SERVICE_METHOD_H_
#define PARLEY_SERVICE_METHOD_H_

#include <array>
#include <cstddef>
#include <string_view>

namespace parley::service {

class Method {
  struct Row {
    std::string_view name;
    // Both are false where they are left out.
    bool streams;
    bool for_admins;
  };

  // No two services have methods of one name. A test compares this with what
  // the .proto files say.
  static constexpr std::array<Row, 37> kRows = {{
      {"CreatePeer"},
      {"GetPeer"},
      {"ListPeers"},
      {"UpdatePeer"},
      {"ClosePeer"},
      {"CreateOffer"},
      {"CreateAnswer"},
      {"SetLocalDescription"},
      {"SetRemoteDescription"},
      {"AddIceCandidates"},
      {"RestartIce"},
      {"AddTransceiver"},
      {"UpdateTransceiver"},
      {"StopTransceiver"},
      {"AddTrack"},
      {"RemoveTrack"},
      {"ReplaceTrack"},
      {"CreateDataChannel"},
      {"CloseDataChannel"},
      {"GetCapabilities"},
      {"GetStats"},
      {"Offer"},
      {"Answer"},
      {"WatchPeer", true},
      {"WatchPeers", true},
      {"Exchange", true},
      {"SendMessage"},
      {"ReceiveMessages", true},
      {"GenerateCertificate"},
      {"ImportCertificate"},
      {"GetCertificate"},
      {"ListCertificates"},
      {"RotateCertificate"},
      {"DeleteCertificate"},
      {"GetPool"},
      {"Drain", false, true},
      {"DumpPeer", false, true},
  }};

 public:
  static constexpr size_t kCount = kRows.size();

  // Of a literal; one that is no method's name does not compile.
  template <size_t kSize>
  // NOLINTNEXTLINE(google-explicit-constructor)
  consteval Method(const char (&name)[kSize])
      : index_(Find(std::string_view(name, kSize - 1))) {}
  // The methods in an order that does not change.
  static constexpr Method At(size_t index) { return Method(index); }

  constexpr std::string_view name() const { return kRows[index_].name; }
  // Whether its answer is a stream, which lasts as long as its caller likes.
  constexpr bool streams() const { return kRows[index_].streams; }
  // Whether it needs the admin role.
  constexpr bool for_admins() const { return kRows[index_].for_admins; }
  constexpr size_t index() const { return index_; }

 private:
  explicit constexpr Method(size_t index) : index_(index) {}

  static consteval size_t Find(std::string_view name) {
    size_t index = 0;
    while (kRows[index].name != name) ++index;
    return index;
  }

  size_t index_;
};

}  // namespace parley::service

#endif  // PARLEY_SERVICE_METHOD_H_
