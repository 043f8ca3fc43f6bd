#include "examples/partner-simulator/sample_profile.hpp"

#include <utility>

#include "examples/partner-simulator/sample_contents.hpp"

namespace tributary::simulator {
namespace {

using std::chrono::milliseconds;

constexpr char kLoinc[] = "http://loinc.org";
constexpr char kCategories[] = "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category";
constexpr char kCda[] = "application/xml";
constexpr char kPlain[] = "text/plain";

Coding loinc(char const* code, char const* display) { return {kLoinc, code, display}; }
Coding discharge_summary_type() { return loinc("18842-5", "Discharge summary"); }
Coding progress_note_type() { return loinc("11506-3", "Progress note"); }
Coding consultation_note_type() { return loinc("11488-4", "Consultation note"); }
Coding radiology_type() { return loinc("18748-4", "Diagnostic imaging study"); }
Coding laboratory_type() { return loinc("11502-2", "Laboratory report"); }
Coding medication_list_type() { return loinc("10160-0", "History of medication use"); }

Behaviour scripted(std::size_t page_size, ScriptedLatency const& latency) {
    Behaviour behaviour;
    behaviour.page_size = page_size;
    behaviour.scripted = latency;
    return behaviour;
}

Patient bob_smith(std::string id, std::vector<Identifier> identifiers) {
    return {std::move(id), {"Bob", "Allen"}, "Smith", "1970-01-02", "male", std::move(identifiers)};
}
Patient ana_lopez(std::string id, std::string birth_date, std::vector<Identifier> identifiers) {
    return {std::move(id), {"Ana"}, "López", std::move(birth_date), "female", std::move(identifiers)};
}

Document make_document(
    std::string id, std::string patient_id, Coding type, std::string date, std::string title
) {
    Document document;
    document.truth = id;
    document.id = std::move(id);
    document.listed_for = patient_id;
    document.patient_id = std::move(patient_id);
    document.type = std::move(type);
    document.category = {kCategories, "clinical-note", "Clinical Note"};
    document.date = std::move(date);
    document.title = std::move(title);
    return document;
}

/// A note in plain text with one content, known by an OID.
Document make_note(
    std::string id,
    std::string patient_id,
    std::string oid,
    std::string date,
    std::string title,
    std::string_view line
) {
    auto document = make_document(
        std::move(id), std::move(patient_id), progress_note_type(), std::move(date), std::move(title)
    );
    document.master_identifier = uri_identifier("urn:oid:" + oid);
    document.contents = {{kPlain, note_text(document.title, document.date, line), document.id + "-text"}};
    return document;
}

/// The document that three communities hold: same identifier, same bytes, another id at each.
Document shared_discharge_summary(std::string id, std::string patient_id, CopyClass copy_class) {
    auto document = make_document(
        std::move(id),
        std::move(patient_id),
        discharge_summary_type(),
        "2025-11-02T16:15:00Z",
        "Discharge summary, pneumonia"
    );
    document.truth = "discharge-summary";
    document.copy_class = copy_class;
    document.master_identifier = uri_identifier("urn:oid:2.999.7.1.4711");
    document.contents = {{kCda, discharge_summary_xml(), document.id + "-cda"}};
    return document;
}

Community riverside() {
    Community community{
        "p001",
        "Riverside Health",
        "Rivulet EHR 7.2",
        "urn:oid:2.999.7.1",
        scripted(50, {milliseconds(150), milliseconds(200), milliseconds(120)})
    };
    community.patients = {
        bob_smith("e7Bq0x1", {{"urn:oid:2.999.8.1", "R-1009"}, {"urn:oid:2.999.9", "70102"}})
    };
    community.documents = {
        shared_discharge_summary("r-4711", "e7Bq0x1", CopyClass::original),
        make_note(
            "r-4720",
            "e7Bq0x1",
            "2.999.7.1.4720",
            "2025-11-20T09:05:00Z",
            "Visit after discharge",
            "Feels well. No fever since discharge."
        ),
    };
    return community;
}

Community lakeside() {
    Community community{
        "p002",
        "Lakeside Family Practice",
        "Pier Office 3.0",
        "urn:oid:2.999.7.2",
        scripted(20, {milliseconds(600), milliseconds(600), milliseconds(250)})
    };
    community.patients = {
        bob_smith("2001", {{"urn:oid:2.999.8.2", "L-77"}}),
        ana_lopez("2002", "1982-06-30", {{"urn:oid:2.999.8.2", "L-91"}}),
        ana_lopez("2003", "1991-03-14", {{"urn:oid:2.999.8.2", "L-92"}}),
    };
    auto note = make_document(
        "21001", "2001", consultation_note_type(), "2025-10-14T11:00:00Z", "Consultation, cough"
    );
    note.master_identifier = uri_identifier("urn:oid:2.999.7.2.21001");
    note.contents = {
        {"text/html", consultation_note_html(), "21001-html", Delivery::absolute_url},
        {"text/rtf", consultation_note_rtf(), "21001-rtf", Delivery::absolute_url},
    };
    community.documents = {
        std::move(note),
        make_note(
            "21002", "2002", "2.999.7.2.21002", "2024-05-02T10:00:00Z", "Yearly check", "Nothing found."
        ),
        make_note(
            "21003", "2003", "2.999.7.2.21003", "2024-06-11T10:00:00Z", "Vaccination", "Tetanus, left arm."
        ),
    };
    return community;
}

Community saint_anne() {
    Community community{
        "p003",
        "St. Anne Hospital",
        "HospServer 2024.1",
        "urn:oid:2.999.7.3",
        scripted(2, {milliseconds(700), milliseconds(500), milliseconds(400)})
    };
    community.patients = {
        bob_smith("5b0f7c1e", {{"urn:oid:2.999.8.3", "SA-310"}, {"urn:oid:2.999.9", "70102"}}),
        {"9c11d2aa", {"Robert"}, "Smythe", "1952-08-19", "male", {{"urn:oid:2.999.8.3", "SA-311"}}},
    };
    auto note = [](int number, char const* date, char const* title, char const* line) {
        auto const id = "sa-" + std::to_string(number);
        return make_note(id, "5b0f7c1e", "2.999.7.3." + std::to_string(number), date, title, line);
    };
    auto slipped_in = make_note(
        "sa-900", "9c11d2aa", "2.999.7.3.900", "2025-10-30T12:00:00Z", "Ward round", "Of another patient."
    );
    slipped_in.listed_for = "5b0f7c1e";
    auto replaced = note(104, "2025-10-30T18:00:00Z", "Nursing assessment", "First version, replaced later.");
    replaced.status = "superseded";
    community.documents = {
        note(101, "2025-10-29T07:30:00Z", "Emergency admission", "Fever of 39.4, short of breath."),
        note(102, "2025-10-29T08:10:00Z", "Nursing admission", "Alert, allergies: none known."),
        note(103, "2025-10-30T08:00:00Z", "Ward round, day 1", "Antibiotics started."),
        std::move(slipped_in),
        std::move(replaced),
        note(105, "2025-10-31T08:00:00Z", "Ward round, day 2", "Temperature falling."),
        note(106, "2025-11-01T08:00:00Z", "Ward round, day 3", "Walks without oxygen."),
        shared_discharge_summary("sa-107", "5b0f7c1e", CopyClass::exact_copy),
        note(108, "2025-11-02T15:00:00Z", "Physiotherapy, last visit", "Climbs two flights of stairs."),
    };
    return community;
}

Community harbor() {
    Community community{
        "p004",
        "Harbor Imaging",
        "Scanline 5",
        "urn:oid:2.999.7.4",
        scripted(50, {milliseconds(4000), milliseconds(1600), milliseconds(900)})
    };
    community.patients = {bob_smith("HI000417", {{"urn:oid:2.999.8.4", "HI000417"}})};
    auto report = make_document(
        "hi-1", "HI000417", radiology_type(), "2025-10-29T09:20:00Z", "Chest radiograph, two views"
    );
    report.category = {kLoinc, "18726-0", "Radiology studies"};
    report.master_identifier = uri_identifier("urn:uuid:6f1d6c0e-3d56-4b52-9d5e-0a4f2a3c9b11");
    report.contents = {{"application/pdf", radiology_report_pdf(), "hi-1-pdf"}};
    community.documents = {
        std::move(report), shared_discharge_summary("hi-2", "HI000417", CopyClass::exact_copy)
    };
    return community;
}

Community metro() {
    Community community{
        "p005",
        "Metro Emergency",
        "Triage One 1.9",
        "urn:oid:2.999.7.5",
        scripted(50, {milliseconds(250), milliseconds(250), milliseconds(150)})
    };
    community.behaviour.health = Health::unavailable;
    community.patients = {bob_smith("m-55", {{"urn:oid:2.999.8.5", "M-55"}})};
    community.documents = {make_note(
        "m-5501", "m-55", "2.999.7.5.5501", "2025-10-29T06:50:00Z", "Ambulance report", "Taken to St. Anne."
    )};
    return community;
}

Community hillcrest() {
    Community community{
        "p006",
        "Hillcrest Medical Group",
        "Hill Chart 12",
        "urn:oid:2.999.7.6",
        scripted(50, {milliseconds(500), milliseconds(300), milliseconds(200)})
    };
    community.patients = {
        {"hc-1", {"Bobby"}, "Smithson", "1970-01-02", "male", {{"urn:oid:2.999.8.6", "HC-1"}}},
        ana_lopez("hc-2", "1982-06-30", {{"urn:oid:2.999.8.6", "HC-2"}}),
    };
    community.documents = {
        make_note(
            "hc-101",
            "hc-1",
            "2.999.7.6.101",
            "2025-09-01T10:00:00Z",
            "Back pain",
            "Of Bobby Smithson, not of Bob Smith."
        ),
        make_note(
            "hc-102", "hc-2", "2.999.7.6.102", "2025-08-12T10:00:00Z", "Migraine", "Two attacks in a month."
        ),
    };
    return community;
}

Community westfield() {
    Community community{
        "p007",
        "Westfield Clinic",
        "Meadow EMR 2.2",
        "urn:oid:2.999.7.7",
        scripted(50, {milliseconds(900), milliseconds(400), milliseconds(200)})
    };
    community.patients = {
        {"wf-9", {"Carol"}, "Smith", "1964-12-24", "female", {{"urn:oid:2.999.8.7", "WF-9"}}}
    };
    community.documents = {
        make_note("wf-901", "wf-9", "2.999.7.7.901", "2025-07-07T10:00:00Z", "Foot examination", "No ulcer.")
    };
    return community;
}

Community oakwood() {
    Community community{
        "p008",
        "Oakwood Telehealth",
        "Acorn Connect 0.9",
        "urn:oid:2.999.7.8",
        scripted(50, {milliseconds(350), milliseconds(450), milliseconds(100)})
    };
    community.patients = {bob_smith("0b51a7d2-bob", {{"urn:oid:2.999.8.8", "OT-4"}})};
    auto medication = make_document(
        "ot-1", "0b51a7d2-bob", medication_list_type(), "2025-11-21T08:00:00Z", "Medication list"
    );
    medication.contents = {
        {kPlain,
         note_text("Medication list", "2025-11-21", "Salbutamol inhaler, two puffs twice a day."),
         "",
         Delivery::inline_data}
    };
    auto laboratory = make_document(
        "ot-2", "0b51a7d2-bob", laboratory_type(), "2025-10-29T10:40:00Z", "Laboratory report, admission"
    );
    laboratory.contents = {{"text/html", lab_report_html(), "", Delivery::inline_data}};
    community.documents = {std::move(medication), std::move(laboratory)};
    return community;
}

}  // namespace

Network make_sample_network() {
    Network network;
    network.communities = {
        riverside(), lakeside(), saint_anne(), harbor(), metro(), hillcrest(), westfield(), oakwood()
    };
    return network;
}

}  // namespace tributary::simulator
