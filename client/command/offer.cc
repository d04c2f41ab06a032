// The commands that negotiate: offer, answer, accept, candidate.
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/command/command.h"
#include "client/command/describe.h"
#include "client/command/input.h"
#include "client/command/negotiate.h"
#include "parley/names.h"

namespace parley::command {
namespace {

// A peer that a command made is closed again when the command fails, so that
// failures leave nothing behind.
class NewPeer {
 public:
  NewPeer(const Context& context, std::string name)
      : context_(context), name_(std::move(name)) {}
  NewPeer(const NewPeer&) = delete;
  NewPeer& operator=(const NewPeer&) = delete;
  ~NewPeer() {
    if (!name_.empty()) (void)context_.client.ClosePeer(name_);
  }
  void Keep() { name_.clear(); }

 private:
  const Context& context_;
  std::string name_;
};

// The local description with its candidates, once they are gathered.
absl::Status Gather(const Context& context, const std::string& peer,
                    absl::Duration limit, v1::SessionDescription& description,
                    bool& complete) {
  const auto gathered = AwaitGathering(context, peer, limit);
  if (!gathered.ok()) return gathered.status();
  complete = *gathered;
  v1::GetPeerRequest request;
  request.set_name(peer);
  request.set_view(v1::PEER_VIEW_FULL);
  const auto full = context.client.GetPeer(request, context.Options());
  if (!full.ok()) return full.status();
  // An offer is pending, an answer is current.
  description = full->peer().has_pending_local_description()
                    ? full->peer().pending_local_description()
                    : full->peer().current_local_description();
  return absl::OkStatus();
}

// Prints a description that was set, as SDP or within the reply that the RPC
// of the same name would give.
template <typename Response>
void PrintDescription(const Context& context, const Response& response,
                      bool asked_to_gather) {
  if (context.json) {
    context.PrintJson(response);
    return;
  }
  context.environment.out(response.description().sdp());
  context.Note(absl::StrCat("peer: ", response.peer().name()));
  if (response.description().has_offer_id()) {
    context.Note(absl::StrCat("offer id: ",
                              Printable(response.description().offer_id())));
  }
  if (asked_to_gather && !response.gathering_complete()) {
    context.Note("gathering has not ended; later candidates are not in it");
  }
}

// Sets the local description, gathers if asked to, prints. `doing` in turn says
// what is being done.
template <typename Response>
absl::Status SetAndGather(const Context& context, const std::string& peer,
                          const v1::SessionDescription& created,
                          std::optional<absl::Duration> gather,
                          const char*& doing, Response& response) {
  doing = "set the local description";
  v1::SetLocalDescriptionRequest set;
  set.set_name(peer);
  *set.mutable_description() = created;
  const auto local = context.client.SetLocalDescription(set, context.Options());
  if (!local.ok()) return local.status();
  *response.mutable_description() = local->description();
  bool complete =
      local->state().ice_gathering_state() == v1::ICE_GATHERING_STATE_COMPLETE;
  if (gather.has_value()) {
    doing = "wait for candidates";
    const absl::Status status = Gather(
        context, peer, *gather, *response.mutable_description(), complete);
    if (!status.ok()) return status;
  }
  response.set_gathering_complete(complete);
  doing = "get the peer";
  auto got = context.client.GetPeer(peer, context.Options());
  if (!got.ok()) return got.status();
  *response.mutable_peer() = std::move(*got->mutable_peer());
  return absl::OkStatus();
}

int Offer(const Context& context) {
  const Arguments& arguments = context.arguments;
  auto create = PeerRequest(arguments);
  if (!create.ok()) return context.FailUsage(create.status());
  const auto gather = GatherTime(arguments);
  if (!gather.ok()) return context.FailUsage(gather.status());
  if (arguments.operands().size() > 1) {
    return context.FailUsage("offer takes one peer at most");
  }
  v1::CreateOfferRequest request;
  request.set_ice_restart(arguments.Has("--ice-restart"));
  const bool existing = !arguments.operands().empty();
  if (existing) {
    request.set_name(arguments.operands()[0]);
  } else {
    // An offer without any section is legal, and of no use.
    if (create->data_channels().empty() && create->transceivers().empty()) {
      create->add_data_channels()->set_label("parley");
    }
    const auto peer = context.client.CreatePeer(*create, context.Options());
    if (!peer.ok()) return context.Fail("create a peer", peer.status());
    request.set_name(peer->peer().name());
  }
  NewPeer made(context, existing ? "" : request.name());
  const auto offer = context.client.CreateOffer(request, context.Options());
  if (!offer.ok()) return context.Fail("create the offer", offer.status());
  v1::OfferResponse response;
  const char* doing = "";
  const absl::Status status = SetAndGather(
      context, request.name(), offer->description(), *gather, doing, response);
  if (!status.ok()) return context.Fail(doing, status);
  PrintDescription(context, response, gather->has_value());
  made.Keep();
  return kDone;
}

int Answer(const Context& context) {
  const Arguments& arguments = context.arguments;
  const auto create = PeerRequest(arguments);
  if (!create.ok()) return context.FailUsage(create.status());
  const auto gather = GatherTime(arguments);
  if (!gather.ok()) return context.FailUsage(gather.status());
  const auto text = ReadOperand(context, 0);
  if (!text.ok()) return context.FailUsage(text.status());
  const auto offer = ParseDescription(*text, v1::SDP_TYPE_OFFER);
  if (!offer.ok()) return context.FailUsage(offer.status());

  std::string peer = arguments.Get("--peer");
  const bool existing = !peer.empty();
  if (!existing) {
    const auto created = context.client.CreatePeer(*create, context.Options());
    if (!created.ok()) return context.Fail("create a peer", created.status());
    peer = created->peer().name();
  }
  NewPeer made(context, existing ? "" : peer);
  const auto remote =
      context.client.SetRemoteDescription(peer, *offer, context.Options());
  if (!remote.ok()) {
    return context.Fail("set the remote offer", remote.status());
  }
  const auto answer = context.client.CreateAnswer(peer, context.Options());
  if (!answer.ok()) return context.Fail("create the answer", answer.status());
  v1::AnswerResponse response;
  const char* doing = "";
  const absl::Status status = SetAndGather(context, peer, answer->description(),
                                           *gather, doing, response);
  if (!status.ok()) return context.Fail(doing, status);
  PrintDescription(context, response, gather->has_value());
  made.Keep();
  return kDone;
}

int Accept(const Context& context) {
  const auto& operands = context.arguments.operands();
  if (operands.empty() || operands.size() > 2) {
    return context.FailUsage("accept takes a peer and an answer");
  }
  const auto text = ReadOperand(context, 1);
  if (!text.ok()) return context.FailUsage(text.status());
  auto answer = ParseDescription(*text, v1::SDP_TYPE_ANSWER);
  if (!answer.ok()) return context.FailUsage(answer.status());
  if (context.arguments.Has("--offer-id")) {
    answer->set_offer_id(context.arguments.Get("--offer-id"));
  }
  const auto set = context.client.SetRemoteDescription(operands[0], *answer,
                                                       context.Options());
  if (!set.ok()) return context.Fail("set the remote answer", set.status());
  if (context.json) {
    context.PrintJson(*set);
  } else {
    context.Print(DescribeState(set->state()));
  }
  return kDone;
}

int Candidate(const Context& context) {
  const auto& operands = context.arguments.operands();
  if (operands.empty() || operands.size() > 2) {
    return context.FailUsage("candidate takes a peer and a file");
  }
  v1::AddIceCandidatesRequest request;
  request.set_name(operands[0]);
  if (context.arguments.Has("--end")) {
    request.add_candidates();  // the end of candidates of all sections
  } else {
    const auto text = ReadOperand(context, 1);
    if (!text.ok()) return context.FailUsage(text.status());
    const auto candidates =
        ParseCandidates(*text, context.arguments.Get("--mid"));
    if (!candidates.ok()) {
      return context.FailUsage(candidates.status());
    }
    request.mutable_candidates()->Add(candidates->begin(), candidates->end());
  }
  const auto added =
      context.client.AddIceCandidates(request, context.Options());
  if (!added.ok()) return context.Fail("add candidates", added.status());
  if (context.json) context.PrintJson(*added);
  int code = kDone;
  for (const v1::IceCandidateResult& result : added->results()) {
    if (!context.json) context.Print(DescribeCandidateResult(result));
    if (result.has_error()) code = kRefused;
  }
  return code;
}

}  // namespace

Command OfferCommand() {
  Command command;
  command.name = "offer";
  command.operands = "[PEER]";
  command.summary = "create an offer and set it; print its SDP";
  command.help =
      R"(createOffer and setLocalDescription, of PEER or of a new peer. The SDP goes to
stdout; the peer's name and the offer's id go to stderr. A new peer without
--data, --audio or --video has a data channel "parley". If a step fails, a peer
that was created here is closed again.

  parley offer --gather > offer.sdp      all in one text, for any other end
  parley offer --data chat --json        name, type, SDP and id, for programs
  parley offer PEER --ice-restart        again, with new ICE credentials

Without --gather the SDP has no candidates yet: they come by parley watch.
)";
  command.options = PeerOptions();
  command.options.push_back(GatherOption());
  command.options.push_back(
      {"--ice-restart", "", "new ICE credentials for every transport"});
  command.timeout = absl::Seconds(15);
  command.run = Offer;
  return command;
}

Command AnswerCommand() {
  Command command;
  command.name = "answer";
  command.operands = "[OFFER]";
  command.summary = "take an offer, create and set the answer; print its SDP";
  command.help =
      R"(setRemoteDescription, createAnswer and setLocalDescription, of a new peer or of
the one that --peer names. OFFER is a file, or else the standard input: SDP, or
JSON as JSON.stringify(description) gives it in a browser. The answer's SDP goes
to stdout; the peer's name goes to stderr. If a step fails, a peer that was
created here is closed again.

  parley answer --gather offer.sdp > answer.sdp
  parley answer --peer PEER < offer.json
)";
  command.options = PeerOptions();
  command.options.push_back({"--peer", "PEER", "use this peer, create none"});
  command.options.push_back(GatherOption());
  command.timeout = absl::Seconds(15);
  command.run = Answer;
  return command;
}

Command AcceptCommand() {
  Command command;
  command.name = "accept";
  command.operands = "PEER [ANSWER]";
  command.summary = "set the answer to an offer";
  command.help =
      R"(setRemoteDescription with the answer to the offer that PEER made. ANSWER is a
file, or else the standard input: SDP or JSON, as in parley help answer. JSON
with type pranswer sets a provisional answer.

  parley accept PEER answer.sdp
  parley accept PEER --offer-id ID answer.sdp    only if it answers that offer
)";
  command.options = {
      {"--offer-id", "ID", "refuse it when it answers another offer"}};
  command.timeout = absl::Seconds(15);
  command.run = Accept;
  return command;
}

Command CandidateCommand() {
  Command command;
  command.name = "candidate";
  command.operands = "PEER [FILE]";
  command.summary = "add remote ICE candidates";
  command.help =
      R"(addIceCandidate for each line of FILE or of the standard input: JSON as a
browser's candidate.toJSON() gives it, or candidate:... with --mid. Prints what
became of each; fails if one was refused.

  parley candidate PEER < candidates.jsonl
  parley candidate PEER --mid 0 lines.txt
  parley candidate PEER --end
)";
  command.options = {{"--mid", "MID", "the section of candidates without one"},
                     {"--end", "", "no more will come, for all sections"}};
  command.timeout = absl::Seconds(15);
  command.run = Candidate;
  return command;
}

}  // namespace parley::command
