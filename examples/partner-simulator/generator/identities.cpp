#include "examples/partner-simulator/generator/identities.hpp"

#include <map>
#include <set>
#include <string>

#include "orchestrator/base/digest.hpp"

namespace tributary::simulator {
namespace {

Bytes const& bytes_of(SourceDocument const& source) { return source.document.contents.front().bytes; }

Identifier own_identifier(SourceDocument const& source) {
    return uri_identifier("urn:uuid:" + derived_uuid({"document", source.key}));
}

}  // namespace

void settle_identities(SourcePerson& person) {
    std::map<Sha1, SourceDocument const*> first_of_bytes;
    std::set<std::string> inner_ids;
    for (auto& source : person.documents) {
        auto& document = source.document;
        auto const [place, fresh] = first_of_bytes.try_emplace(bytes_of(source).sha1(), &source);
        bool const is_note = source.inner_id.empty() && !document.master_identifier.value.empty();
        if (!fresh && !is_note) {  // notes of equal words, of two days, are two
            document.truth = place->second->document.truth;
            document.master_identifier = place->second->document.master_identifier;
            document.copy_class = CopyClass::exact_copy;
            continue;
        }
        document.truth = source.key;
        bool const copied = !source.inner_id.empty() && !inner_ids.insert(source.inner_id).second;
        if (copied || document.master_identifier.value.empty())
            document.master_identifier = own_identifier(source);
    }
}

}  // namespace tributary::simulator
