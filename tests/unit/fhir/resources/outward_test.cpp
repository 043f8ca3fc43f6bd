#include "fhir/resources/outward.hpp"

#include "fhir/json/reader.hpp"
#include "fhir/json/writer.hpp"
#include "tests/support/catch.hpp"

namespace tributary::fhir {

namespace {

OutwardMeta const kMeta{"ours", "1", "2026-01-01T00:00:00.000Z", "http://t.example/partner/p001", {}};

json::Value outward(std::string const& members, std::vector<std::string> const& binaries = {"b0", "b1"}) {
    auto const document =
        read_document_reference(*json::read(R"({"resourceType":"DocumentReference",)" + members + "}"));
    return outward_document_reference(*document, kMeta, "pat", binaries);
}

std::string shown(json::Value const* value) { return value == nullptr ? "nothing" : json::write(*value); }

}  // namespace

TEST_CASE("a partner's DocumentReference becomes ours", "[outward][architecture 8]") {
    auto const made = outward(
        R"("id":"theirs","meta":{"versionId":"9","profile":["x"],"security":[{"code":"R"}],"tag":[{"code":"t"}]},
        "subject":{"reference":"Patient/theirs","display":"B. Smith","identifier":{"value":"7"}},"status":"current",
        "content":[{"attachment":{"url":"https://partner/Binary/1","contentType":"text/html","hash":"h"}},
                   {"attachment":{"data":"eA==","contentType":"text/rtf"}}],"unknown":1.10)"
    );
    CHECK(
        json::write(made) ==
        R"({"resourceType":"DocumentReference","id":"ours","meta":{"versionId":"1","lastUpdated":"2026-01-01T00:00:00.000Z",)"
        R"("source":"http://t.example/partner/p001","security":[{"code":"R"}],"tag":[{"code":"t"}]},)"
        R"("subject":{"reference":"Patient/pat","identifier":{"value":"7"},"display":"B. Smith"},"status":"current",)"
        R"("content":[{"attachment":{"contentType":"text/html","hash":"h","url":"Binary/b0"}},)"
        R"({"attachment":{"contentType":"text/rtf","url":"Binary/b1"}}],"unknown":1.10})"
    );
}

TEST_CASE("tags of ours stand after the partner's", "[outward]") {
    auto meta = kMeta;
    meta.tags = {{"http://t.example/CodeSystem/document-flag", "conflict", ""}};
    auto const document = read_document_reference(
        *json::read(R"({"resourceType":"DocumentReference","meta":{"tag":[{"code":"t"}]}})")
    );
    auto const made = outward_document_reference(*document, meta, "pat", {});
    CHECK(
        shown(made.at("meta", "tag")) ==
        R"([{"code":"t"},{"system":"http://t.example/CodeSystem/document-flag","code":"conflict"}])"
    );
}

TEST_CASE("references to what we do not serve keep only what stands by itself", "[outward][architecture 8]") {
    auto const made = outward(
        R"("author":[{"reference":"Practitioner/1","display":"Dr. X"},{"reference":"Practitioner/2"},{"reference":"#c"}],
        "custodian":{"reference":"Organization/1","type":"Organization"},"authenticator":{"reference":"https://partner/x/1"},
        "context":{"encounter":[{"reference":"Encounter/1"}],"sourcePatientInfo":{"reference":"Patient/1"},
                   "related":[{"reference":"X/1","identifier":{"value":"ref"}}]},
        "contained":[{"resourceType":"PractitionerRole","id":"c","practitioner":{"reference":"Practitioner/9","display":"Y"}}],
        "relatesTo":[{"code":"replaces","target":{"reference":"DocumentReference/1"}},
                     {"code":"appends","target":{"identifier":{"value":"1.2"}}}])"
    );
    CHECK(shown(made.find("author")) == R"([{"display":"Dr. X"},{"reference":"#c"}])");
    CHECK(shown(made.find("custodian")) == R"({"type":"Organization"})");
    CHECK(made.find("authenticator") == nullptr);
    CHECK(shown(made.find("context")) == R"({"related":[{"identifier":{"value":"ref"}}]})");
    CHECK(shown(made.items("contained").at(0).find("practitioner")) == R"({"display":"Y"})");
    CHECK(shown(made.find("relatesTo")) == R"([{"code":"appends","target":{"identifier":{"value":"1.2"}}}])");
    CHECK(made.items("relatesTo").size() == 1);
}

TEST_CASE("nothing that names the partner's server leaves ours", "[outward][architecture 8]") {
    auto const made = outward(
        R"("text":{"status":"generated","div":"<div xmlns='http://www.w3.org/1999/xhtml'><a href='https://partner/1'>x</a></div>"},
        "subject":{"reference":"https://partner/Patient/1"},"author":[{"reference":"https://partner/Practitioner/1"}],
        "content":[{"attachment":{"url":"https://partner/Binary/1","_url":{"id":"https://partner"}}}])"
    );
    CHECK(json::write(made).find("https://partner") == std::string::npos);
}

TEST_CASE("a partner's URL is no identifier that leaves ours, nor a canonical", "[outward][architecture 8]") {
    auto patient = json::read(
        R"({"resourceType":"Patient","identifier":[{"system":"URN:ietf:rfc:3986","value":"https://partner/fhir/Patient/a"},
        {"system":"urn:ietf:rfc:3986","value":"urn:uuid:0"},{"system":"urn:ietf:rfc:3986","value":"https://else/Patient/a"},
        {"system":"s","value":"7"}],"managingOrganization":{"display":"x","identifier":{"system":"urn:ietf:rfc:3986","value":"https://partner/o"}},
        "extension":[{"url":"a","valueCanonical":"https://partner/q"},{"url":"b","valueMeta":{"source":"https://partner/m","versionId":"1"}}]})"
    );
    REQUIRE(patient.has_value());
    drop_partner_uris(*patient, "https://partner/fhir");
    CHECK(
        json::write(*patient) ==
        R"({"resourceType":"Patient","identifier":[{"system":"urn:ietf:rfc:3986","value":"urn:uuid:0"},)"
        R"({"system":"urn:ietf:rfc:3986","value":"https://else/Patient/a"},{"system":"s","value":"7"}],)"
        R"("managingOrganization":{"display":"x"},"extension":[{"url":"a"},{"url":"b","valueMeta":{"versionId":"1"}}]})"
    );
}

TEST_CASE(
    "what cannot be retrieved has no address of ours, but all else that is said of it", "[outward][B.1]"
) {
    auto const shown_for = [](std::string const& url) {
        auto const made = outward(R"("content":[{"attachment":{"title":"Letter","url":")" + url + R"("}}])");
        return json::write(*made.items("content").front().find("attachment"));
    };
    for (std::string const url :
         {"#frag", "urn:uuid:0f", "cid:part1", "data:text/plain,x", "ftp://partner/x", "FILE:///x"}) {
        INFO(url);
        CHECK(shown_for(url) == R"({"title":"Letter"})");
    }
    for (std::string const url : {"Binary/1", "/x:y", "HTTPS://partner/x", "http://partner/x"}) {
        INFO(url);
        CHECK(shown_for(url) == R"({"title":"Letter","url":"Binary/b0"})");
    }
}

TEST_CASE("no attachment, extension or rule at any depth leads to the partner", "[outward][architecture 8]") {
    std::string const extension =
        R"("extension":[{"url":"http://a.example/kept","valueAttachment":{"contentType":"x","url":"https://partner/1"}},
        {"url":"http://a.example/b","valueUrl":"https://partner/2"},{"url":"http://a.example/c","valueUri":"http://loinc.org"}],)";
    std::string const members =
        extension + R"("implicitRules":"https://partner/rules","_implicitRules":{"id":"https://partner"},)";
    auto const document = outward(
        members +
        R"("author":[{"reference":"#c"}],"contained":[{"resourceType":"Practitioner","id":"c","implicitRules":"https://partner/3",
        "text":{"status":"generated","div":"<div><img src='https://partner/i'/></div>"},"name":[{"family":"X"}],
        "photo":[{"url":"https://partner/4"},{"url":"Binary/9","title":"face"}]}],
        "content":[{"attachment":{"url":"https://partner/5","extension":[{"url":"http://a.example/d","valueUrl":"https://partner/6"}]}}])"
    );
    auto const patient = outward_patient(
        *read_patient(*json::read(
            R"({"resourceType":"Patient",)" + members +
            R"("photo":[{"url":"https://partner/7","data":"eA=="},{"url":"https://partner/8"}]})"
        )),
        kMeta
    );
    for (auto const& made : {document, patient}) {
        auto const text = json::write(made);
        INFO(text);
        CHECK(text.find("https://partner") == std::string::npos);
        CHECK(made.find("implicitRules") == nullptr);
        CHECK(
            shown(made.find("extension")) ==
            R"([{"url":"http://a.example/kept","valueAttachment":{"contentType":"x"}},{"url":"http://a.example/c","valueUri":"http://loinc.org"}])"
        );
    }
    CHECK(
        shown(document.find("contained")) ==
        R"([{"resourceType":"Practitioner","id":"c","name":[{"family":"X"}],"photo":[{"title":"face"}]}])"
    );
    CHECK(shown(document.find("content")) == R"([{"attachment":{"url":"Binary/b0"}}])");
    CHECK(shown(patient.find("photo")) == R"([{"data":"eA=="}])");
}

TEST_CASE("contained resources stay while something refers to them", "[outward]") {
    std::string const contained =
        R"("contained":[{"resourceType":"Patient","id":"p"},{"resourceType":"Binary","id":"b"}],)";
    auto const kept = outward(
        contained + R"("subject":{"reference":"#p"},"context":{"sourcePatientInfo":{"reference":"#p"}},
                       "content":[{"attachment":{"url":"#b"}}])"
    );
    CHECK(shown(kept.find("contained")) == R"([{"resourceType":"Patient","id":"p"}])");
    CHECK(
        outward(contained + R"("subject":{"reference":"#p"},"content":[{"attachment":{"url":"#b"}}])")
            .find("contained") == nullptr
    );
}

TEST_CASE("what partners leave out or get wrong is made valid", "[outward][odd]") {
    std::string const unknown =
        R"([{"attachment":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}}])";
    CHECK(shown(outward(R"("id":"x")").find("content")) == unknown);
    CHECK(shown(outward(R"("content":[])").find("content")) == unknown);
    CHECK(shown(outward(R"("content":[{}])").find("content")) == unknown);
    CHECK(
        shown(outward(R"("content":[{"attachment":{"title":"t"}}])").find("content")) ==
        R"([{"attachment":{"title":"t"}}])"
    );
    CHECK(
        shown(outward(R"("content":[{"attachment":{"url":"u","size":"7"}}])").find("content")) ==
        R"([{"attachment":{"size":7,"url":"Binary/b0"}}])"
    );
    CHECK(
        shown(outward(R"("content":[{"attachment":{"url":"u","size":99999999999}}])").find("content")) ==
        R"([{"attachment":{"url":"Binary/b0"}}])"
    );
    CHECK(outward(R"("id":"x")").text("status") == "current");
    CHECK(shown(outward(R"("type":[{"text":"a"},{"text":"b"}])").find("type")) == R"({"text":"a"})");
    CHECK(
        outward(R"("description":null,"docStatus":"","category":[{}],"context":{"event":[null]})")
            .find("category") == nullptr
    );
}

TEST_CASE("an extension that held only a reference goes with it", "[outward]") {
    auto const made = outward(
        R"("extension":[{"url":"a","valueReference":{"reference":"Device/1"}},{"url":"b","valueCode":"x"}],
           "modifierExtension":[{"url":"c","valueReference":{"reference":"Device/1"}}])"
    );
    CHECK(shown(made.find("extension")) == R"([{"url":"b","valueCode":"x"}])");
    CHECK(made.find("modifierExtension") == nullptr);
}

TEST_CASE("nulls that hold a place beside extensions stay", "[outward]") {
    auto const patient = read_patient(*json::read(
        R"({"resourceType":"Patient","name":[{"given":["A",null],"_given":[null,{"id":"x"}],"prefix":[null]}],
            "link":[{"other":{"reference":"Patient/2"},"type":"seealso"}],"photo":[{"url":"https://partner/p"}],
            "managingOrganization":{"reference":"Organization/1"}})"
    ));
    auto const made = outward_patient(*patient, kMeta);
    CHECK(shown(made.find("name")) == R"([{"given":["A",null],"_given":[null,{"id":"x"}]}])");
    CHECK(made.find("link") == nullptr);
    CHECK(made.find("photo") == nullptr);
    CHECK(made.find("managingOrganization") == nullptr);
    CHECK(made.text("id") == "ours");
}

TEST_CASE("Binary URLs become absolute, and nothing else", "[outward]") {
    CHECK(
        absolute(
            R"({"a":"Binary/1","content":[{"attachment":{"url":"Binary/x"}},{"attachment":{"url":"Binary/y"}}]})",
            "https://d/fhir"
        ) ==
        R"({"a":"Binary/1","content":[{"attachment":{"url":"https://d/fhir/Binary/x"}},{"attachment":{"url":"https://d/fhir/Binary/y"}}]})"
    );
    auto const quoted = json::write(json::Value(R"("url":"Binary/x")"));
    CHECK(absolute(quoted, "https://d/fhir") == quoted);
}

}  // namespace tributary::fhir
