import API
import Core
import Testing

@testable import Relocates

@Suite("Relocate: the body of a request")
struct RelocateRequestTests {
    private func faults(_ body: JSONValue) -> JSONValue? {
        do {
            _ = try RelocateRequest.read(body)
            return nil
        } catch let failure as Failure {
            return .object(failure.details)
        } catch {
            return .string("\(error)")
        }
    }

    @Test("defaults: by the answer, 30 s, no auto-answer; unknown fields are ignored, in the location too")
    func defaults() throws {
        let request = try RelocateRequest.read([
            "initiator_call": "1.1", "destination": "line", "location": ["line_id": "3", "colour": "red"], "x": 1,
        ])
        #expect(request.initiatorCall == "1.1")
        #expect(request.destination == .line(3, contact: nil))
        #expect(request.completions == [.answer])
        #expect(request.timeout == 30)
        #expect(!request.isAutoAnswered)
    }

    @Test("all fields; numbers in texts, fractions cut off, textual booleans")
    func allFields() throws {
        let request = try RelocateRequest.read([
            "initiator_call": "1.1", "destination": "line", "location": ["line_id": 3, "contact": "abc"],
            "completions": ["api", "answer"], "timeout": .number(12.9), "auto_answer": "yes",
        ])
        #expect(request.destination == .line(3, contact: "abc"))
        #expect(request.completions == [.api, .answer])
        #expect(request.timeout == 12)
        #expect(request.isAutoAnswered)
    }

    @Test("mobile: any location but null, or none; an empty list of completions means the answer")
    func mobile() throws {
        for location in [nil, [:], "here", 7, ["line_id": "x"]] as [JSONValue?] {
            var body: [String: JSONValue] = ["initiator_call": "1", "destination": "mobile", "completions": []]
            body["location"] = location
            let request = try RelocateRequest.read(.object(body))
            #expect(request.destination == .mobile)
            #expect(request.completions == [.answer])
        }
    }

    @Test(
        "what is refused, in the contract's words",
        arguments: [
            (
                [:],
                [
                    "initiator_call": ["Missing data for required field."],
                    "destination": ["Missing data for required field."],
                ]
            ),
            (
                ["initiator_call": "", "destination": "mobile"],
                ["initiator_call": ["Shorter than minimum length 1."]]
            ),
            (
                ["initiator_call": .null, "destination": .null],
                ["initiator_call": ["Field may not be null."], "destination": ["Field may not be null."]]
            ),
            (
                ["initiator_call": "1", "destination": "moon"],
                ["destination": ["Must be one of: line, mobile."]]
            ),
            (
                ["initiator_call": "1", "destination": "line"],
                ["location": ["Missing data for required field."]]
            ),
            (
                ["initiator_call": "1", "destination": "line", "location": .null],
                ["location": ["Field may not be null."]]
            ),
            (
                ["initiator_call": "1", "destination": "mobile", "location": .null],
                ["location": ["Field may not be null."]]
            ),
            (
                ["initiator_call": "1", "destination": "line", "location": [:]],
                ["location": ["line_id": ["Missing data for required field."]]]
            ),
            (
                ["initiator_call": "1", "destination": "line", "location": ["line_id": 0, "contact": .null]],
                [
                    "location": [
                        "line_id": ["Must be greater than or equal to 1."], "contact": ["Field may not be null."],
                    ]
                ]
            ),
            (
                ["initiator_call": "1", "destination": 5, "location": [:]],
                [
                    "destination": ["Not a valid string."],
                    "location": [
                        "message": "Invalid destination", "constraint_id": "destination-type",
                        "constraint": ["type": "string"],
                    ],
                ]
            ),
            (
                ["initiator_call": "1", "destination": "mobile", "completions": ["answer", "wish"]],
                ["completions": ["1": ["Must be one of: answer, api."]]]
            ),
            (
                ["initiator_call": "1", "destination": "mobile", "completions": .null, "timeout": 0],
                [
                    "completions": ["Field may not be null."],
                    "timeout": ["Must be greater than or equal to 1."],
                ]
            ),
            (
                ["initiator_call": "1", "destination": "mobile", "timeout": .null, "auto_answer": .null],
                ["timeout": ["Field may not be null."], "auto_answer": ["Field may not be null."]]
            ),
            (
                ["initiator_call": "1", "destination": "mobile", "auto_answer": "maybe"],
                ["auto_answer": ["Not a valid boolean."]]
            ),
        ] as [(JSONValue, JSONValue)]
    )
    func refused(_ body: JSONValue, _ expected: JSONValue) {
        #expect(faults(body) == expected)
    }

    @Test("a contact is compared up to its @: abc is not abcd")
    func contacts() {
        func matches(_ dialString: String, _ user: String) -> Bool {
            RelocateDestination.isContact(dialString, of: "alice", user: user)
        }
        #expect(matches("PJSIP/alice/sip:abc@10.0.0.1:5060;transport=ws", "abc"))
        #expect(matches("PJSIP/alice/sip:abc@10.0.0.1:5060", "abc@10.0.0.1"))
        #expect(!matches("PJSIP/alice/sip:abcd@10.0.0.1:5060", "abc"))
        #expect(!matches("PJSIP/alicia/sip:abc@10.0.0.1:5060", "abc"))
    }
}
