// The links of an HLS playlist that is read through a signed address. Players drop the query of the playlist when they
// resolve a relative link (RFC 3986 5.2.2), so each link is given it.
#pragma once
#include <string>
#include <string_view>

namespace reelvault::delivery {

// Every line that is a URI, and every attribute URI="…" (RFC 8216 4.1, 4.2), with `query` added: those that stay below
// the playlist's own folder, which is what the signature is for. A playlist may be anybody's upload, and its other
// links would carry the reader's signature elsewhere.
std::string with_query(std::string_view playlist, std::string_view query);

}  // namespace reelvault::delivery
