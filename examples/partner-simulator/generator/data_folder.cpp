#include "examples/partner-simulator/generator/data_folder.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <utility>

#include "examples/partner-simulator/generator/csv.hpp"
#include "examples/partner-simulator/generator/source_readers.hpp"
#include "examples/partner-simulator/search.hpp"

namespace tributary::simulator {
namespace {

namespace files = std::filesystem;

std::optional<std::string> read_file(files::path const& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) return std::nullopt;
    return std::move(text).str();
}

std::optional<SourcePerson> read_source(std::string_view group, std::string const& path, std::string text) {
    if (group.starts_with("synthea-")) return read_synthea(path, text);
    if (group == "ccda-vendor" || group == "ccda-documents") return read_cda(path, std::move(text));
    if (group == "fhir-documents") return read_fhir_document(path, std::move(text));
    return std::nullopt;
}

/// Files of other groups are no documents of patients, and "(…)" stands for none: an example of the standard, an index.
bool is_source(CsvRow const& row) {
    auto const group = std::string_view(row.at("group"));
    bool const of_patient = row.at("patient") != "(none)" && row.at("patient") != "(FHIR R4 example)";
    return of_patient && (group.starts_with("synthea-") || group == "ccda-vendor" ||
                          group == "ccda-documents" || group == "fhir-documents");
}

bool is_wanted(std::string const& key, std::set<std::string> const& only) {
    return only.empty() || std::any_of(only.begin(), only.end(), [&](std::string const& start) {
               return key.starts_with(start);
           });
}

bool shouts(std::string_view name) {
    return std::none_of(name.begin(), name.end(), [](char c) {
        return std::islower(static_cast<unsigned char>(c)) != 0;
    });
}

std::string whole_name(Patient const& patient) {
    std::string name = patient.family;
    for (auto const& given : patient.given) name += ' ' + given;
    return name;
}

/// Documents of one person spell the name differently: the one that most of them have, not in capitals where that is possible.
class NameVote {
public:
    void add(Patient const& patient) {
        auto& choice = choices_[fold(whole_name(patient))];
        bool const better =
            choice.votes == 0 || (shouts(whole_name(choice.patient)) && !shouts(whole_name(patient)));
        if (better) choice.patient = patient;
        ++choice.votes;
    }
    Patient winner() const {
        auto const best =
            std::max_element(choices_.begin(), choices_.end(), [](auto const& a, auto const& b) {
                return a.second.votes < b.second.votes;
            });
        return best->second.patient;
    }

private:
    struct Choice {
        Patient patient;
        unsigned votes = 0;
    };
    std::map<std::string, Choice> choices_;
};

struct Gathered {
    SourcePerson person;
    NameVote names;
    std::map<std::string, unsigned> genders;
};

void gather(Gathered& gathered, SourcePerson person) {
    gathered.names.add(person.patient);
    ++gathered.genders[person.patient.gender];
    auto& all = gathered.person;
    all.birth_dates.insert(all.birth_dates.end(), person.birth_dates.begin(), person.birth_dates.end());
    if (all.maiden_name.empty()) all.maiden_name = std::move(person.maiden_name);
    std::move(person.documents.begin(), person.documents.end(), std::back_inserter(all.documents));
}

SourcePerson settle(std::string key, Gathered gathered) {
    auto person = std::move(gathered.person);
    person.key = std::move(key);
    person.patient = gathered.names.winner();
    auto const gender =
        std::max_element(gathered.genders.begin(), gathered.genders.end(), [](auto const& a, auto const& b) {
            return a.second < b.second;
        });
    person.patient.gender = gender->first;
    std::sort(person.birth_dates.begin(), person.birth_dates.end());
    std::sort(person.documents.begin(), person.documents.end(), [](auto const& a, auto const& b) {
        return a.key < b.key;
    });
    return person;
}

/// As the manifest has it, or, where that names no person, from the file.
std::string key_of(std::string const& told, SourcePerson const& person) {
    if (!told.starts_with('(')) return told;
    auto const& given = person.patient.given;
    return person.patient.family + ", " + (given.empty() ? "" : given.front());
}

}  // namespace

std::optional<files::path> find_data_folder(files::path const& program) {
    std::error_code ignored;
    auto const has_data = [&](files::path const& folder) {
        return files::exists(folder / "MANIFEST.csv", ignored);
    };
    if (char const* shared = std::getenv("TRIBUTARY_SHARED")) return files::path(shared) / "data";
    for (auto const& start : {files::weakly_canonical(program, ignored), files::current_path(ignored)}) {
        for (auto folder = start; folder.has_relative_path(); folder = folder.parent_path()) {
            if (has_data(folder / "shared" / "data")) return folder / "shared" / "data";
        }
    }
    return std::nullopt;
}

Result<SourceData> read_data_folder(files::path const& folder, std::set<std::string> const& only) {
    auto const manifest = read_file(folder / "MANIFEST.csv");
    if (!manifest) return Failure(Errc::not_found, "no MANIFEST.csv in " + folder.string());
    std::map<std::string, Gathered> persons;
    for (auto const& row : read_csv(*manifest)) {
        bool const complete = row.contains("path") && row.contains("group") && row.contains("patient");
        if (!complete || !is_source(row) || !is_wanted(row.at("patient"), only)) continue;
        auto text = read_file(folder / row.at("path"));
        auto person = text ? read_source(row.at("group"), row.at("path"), std::move(*text)) : std::nullopt;
        if (!person) return Failure(Errc::malformed, "cannot read " + (folder / row.at("path")).string());
        auto const key = key_of(row.at("patient"), *person);
        gather(persons[key], std::move(*person));
    }
    SourceData data;
    for (auto& [key, gathered] : persons) data.persons.push_back(settle(key, std::move(gathered)));
    return data;
}

}  // namespace tributary::simulator
