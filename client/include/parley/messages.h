// All messages of the API. Who wants less to compile includes only the files of
// the messages in use, such as parley/v1/negotiation_calls.pb.h.
#ifndef PARLEY_MESSAGES_H_
#define PARLEY_MESSAGES_H_

#include "parley/v1/candidate.pb.h"
#include "parley/v1/certificate.pb.h"
#include "parley/v1/certificate_service.pb.h"
#include "parley/v1/configuration.pb.h"
#include "parley/v1/data_channel.pb.h"
#include "parley/v1/data_channel_calls.pb.h"
#include "parley/v1/data_channel_service.pb.h"
#include "parley/v1/description.pb.h"
#include "parley/v1/error.pb.h"
#include "parley/v1/event.pb.h"
#include "parley/v1/exchange.pb.h"
#include "parley/v1/media.pb.h"
#include "parley/v1/negotiation_calls.pb.h"
#include "parley/v1/peer.pb.h"
#include "parley/v1/peer_calls.pb.h"
#include "parley/v1/peer_dump.pb.h"
#include "parley/v1/pool.pb.h"
#include "parley/v1/pool_service.pb.h"
#include "parley/v1/stats.pb.h"
#include "parley/v1/transceiver.pb.h"
#include "parley/v1/transceiver_calls.pb.h"
#include "parley/v1/watch_calls.pb.h"

#endif  // PARLEY_MESSAGES_H_
