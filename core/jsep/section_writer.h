// The parts of an m= section that offers and answers write alike.
#ifndef PARLEY_CORE_JSEP_SECTION_WRITER_H_
#define PARLEY_CORE_JSEP_SECTION_WRITER_H_

#include <string>
#include <string_view>

#include "core/jsep/blueprint.h"
#include "core/jsep/session.h"
#include "core/sdp/description.h"

namespace parley::jsep {

// Of the m= line: "audio", "video" or "application".
std::string MediaName(SectionKind kind);

// m=, c= with the dummy address and port 9 (RFC 9429 section 5.2.1).
void StartSection(std::string media, std::string protocol,
                  sdp::MediaSection& section);

// The same with port 0.
void StartRejected(std::string media, std::string protocol,
                   sdp::MediaSection& section);
// A rejected section must name a format, and browsers want to know it.
void AddPlaceholderFormat(SectionKind kind, sdp::MediaSection& section);

// ICE and DTLS attributes, and the candidates that this generation has found so
// far, the default one in m= and c= (RFC 9429 section 5.2.2).
void WriteTransport(const Session& session,
                    const Blueprint::TransportPlan& transport,
                    sdp::MediaSection& section);
// actpass in offers, the chosen role in answers.
sdp::Setup SetupOf(const Blueprint::TransportPlan& transport);

// What bundled sections leave to the tagged one stands at session level too,
// where RFC 8839 and RFC 8122 allow it: Chromium rejects a bundled section for
// which it finds no fingerprint, Firefox one without a=setup, and both take a
// section that had credentials, or gets them, for one that restarts ICE.
void WriteSharedTransport(const Session& session, const Blueprint& blueprint,
                          sdp::Description& description);

// a=msid: the streams only, "-" for none (RFC 8830).
void WriteMsids(const Transceiver& transceiver, sdp::MediaSection& section);

// a=rid and a=simulcast, in order, of what we send and what we take, `paused`
// ones so. The simulcast line of a single rid is only for answers to such a
// line.
void WriteRids(const std::vector<std::string>& send,
               const std::vector<std::string>& recv,
               const std::vector<std::string>& paused, bool simulcast_of_one,
               sdp::MediaSection& section);

// v=, o=, s=, t= and what else stands before the first section.
void WriteSessionPart(const Session& session, uint64_t version,
                      std::vector<std::string> ice_options,
                      sdp::Description& description);

// Puts a description without its shared formats into the blueprint, and prints
// it with them.
void Finish(sdp::Description outline, Blueprint& blueprint);

// "4611686018427387904.2".
std::string DescriptionId(const sdp::Origin& origin);

}  // namespace parley::jsep

#endif  // PARLEY_CORE_JSEP_SECTION_WRITER_H_
