import API
import Core
import Testing

/// A call's request in the shape of contract 10 §2.5.
private struct PlainCall: RequestFields {
    struct Source: RequestFields {
        let user: String
        let line: Int?
        let isMobile: Bool
        init(reading reader: inout FieldReader) {
            user = reader.required("user", .string())
            line = reader.optional("line_id", .integer())
            isMobile = reader.optional("from_mobile", .boolean, default: false)
        }
    }
    struct Destination: RequestFields {
        let context: String
        let extensionText: String
        let priority: Int
        init(reading reader: inout FieldReader) {
            context = reader.required("context", .string(.length(min: 1)))
            extensionText = reader.required("extension", .string(.length(min: 1)))
            priority = reader.required("priority", .integer(.range(min: 1)))
        }
    }
    let source: Source
    let destination: Destination
    let variables: [String: String]
    let timeout: Int?

    init(reading reader: inout FieldReader) {
        source = reader.required("source", .object(Source.self))
        destination = reader.required("destination", .object(Destination.self))
        let text = Field<String>.string(.length(min: 1))
        variables = reader.optional("variables", .map(keys: text, values: text), default: [:])
        timeout = reader.nullable("timeout", .integer(.range(min: 0)), default: 30)
    }
}

private enum Flow: String, CaseIterable, Sendable { case attended, blind }

/// Unknown fields refused, choices, lists (contracts 21, 22, 23).
private struct Strict: RequestFields {
    static let unknownFields: UnknownFields = .rejected
    let flow: Flow
    let participants: [String]
    init(reading reader: inout FieldReader) {
        flow = reader.optional("flow", .choice(), default: .attended)
        participants = reader.required("ids", .list(of: .string(.length(min: 1))))
    }
}

/// The dialect of applications (contract 11).
private struct Node: RequestFields {
    static let dialect: Dialect = .extendedConstraints
    struct Call: RequestFields {
        let id: String
        init(reading reader: inout FieldReader) { id = reader.required("id", .string()) }
    }
    let calls: [Call]
    let name: String?
    let digits: String?
    let mode: Flow?
    let limit: Int?
    let variables: [String: String]
    init(reading reader: inout FieldReader) {
        calls = reader.required("calls", .objects(Call.self, .atLeast(1)))
        name = reader.optional("name", .string(.length(max: 3)))
        digits = reader.optional("digits", .string(.pattern("^[0-9*#]+$") { $0.allSatisfy("0123456789*#".contains) }))
        mode = reader.optional("mode", .choice())
        limit = reader.optional("limit", .integer(.range(min: 1)))
        variables = reader.optional("variables", .boundedTexts(keyLength: 4, valueLength: 8), default: [:])
    }
}

/// The dialect of parking lots, faxes and the configuration (contracts 00 §9.2, 30, 34).
private struct Parking: RequestFields {
    static let dialect: Dialect = .extendedTypes
    let lot: Int
    let slot: String?
    let timeout: Int?
    let owner: String?
    init(reading reader: inout FieldReader) {
        lot = reader.required("parking_id", .integer())
        slot = reader.nullable("slot", .string(.predicate("isdigit") { $0.allSatisfy(\.isNumber) }))
        timeout = reader.nullable("timeout", .integer(.rule("Must be a positive integer or 0") { $0 >= 0 }))
        owner = reader.optional("owner", .uuid)
    }
}

/// The shapes of contract 00 §5.2.
@Suite("Validation shapes")
struct ReaderShapeTests {
    /// The `details` of a body; `nil` when it is accepted.
    private func faults<Body: RequestFields>(_ type: Body.Type, _ body: JSONValue) throws -> JSONValue? {
        do {
            _ = try Body.read(body)
            return nil
        } catch let failure as Failure {
            #expect(failure.status == 400 && failure.errorID == "invalid-data")
            #expect(failure.message == "Sent data is invalid")
            return .object(failure.details)
        }
    }

    private static let good: [String: JSONValue] = [
        "source": ["user": "u"], "destination": ["context": "c", "extension": "1", "priority": 1],
    ]

    @Test("a whole body is read, defaults and coercions included")
    func accepted() throws {
        var body = Self.good
        body["source"] = ["user": "u", "line_id": " 07 ", "from_mobile": "Yes", "unknown": [1]]
        body["destination"] = ["context": "c", "extension": "1", "priority": .number(2.9)]
        body["variables"] = ["A": "b"]
        let call = try PlainCall.read(.object(body))
        #expect(call.source.user == "u" && call.source.line == 7 && call.source.isMobile)
        #expect(call.destination.context == "c" && call.destination.extensionText == "1")
        #expect(call.destination.priority == 2)
        #expect(call.variables == ["A": "b"])
        #expect(call.timeout == 30)
        body["timeout"] = .null
        #expect(try PlainCall.read(.object(body)).timeout == nil)
    }

    @Test("all faults come at once")
    func everything() throws {
        let details = try faults(
            PlainCall.self,
            ["source": ["line_id": true], "destination": ["context": "", "priority": 0], "timeout": "soon"]
        )
        #expect(
            details
                == [
                    "source": ["user": ["Missing data for required field."], "line_id": ["Not a valid integer."]],
                    "destination": [
                        "context": ["Shorter than minimum length 1."],
                        "extension": ["Missing data for required field."],
                        "priority": ["Must be greater than or equal to 1."],
                    ],
                    "timeout": ["Not a valid integer."],
                ]
        )
    }

    @Test(
        "plain texts, field by field",
        arguments: [
            ("source", .null, ["Field may not be null."]),
            ("source", 1, ["_schema": ["Invalid input type."]]),
            ("source", [], ["_schema": ["Invalid input type."]]),
            ("source", ["user": nil], ["user": ["Field may not be null."]]),
            ("source", ["user": 5], ["user": ["Not a valid string."]]),
            ("source", ["user": "a\u{0}b"], ["user": ["Not a valid string."]]),
            ("source", ["user": "u", "from_mobile": "maybe"], ["from_mobile": ["Not a valid boolean."]]),
            ("source", ["user": "u", "line_id": "1.5"], ["line_id": ["Not a valid integer."]]),
            ("variables", .null, ["Field may not be null."]),
            ("variables", "x", ["Not a valid mapping type."]),
            ("variables", ["A": 1, "B": "b"], ["A": ["value": ["Not a valid string."]]]),
            ("variables", ["A": nil], ["A": ["value": ["Field may not be null."]]]),
            (
                "variables", ["": ""],
                ["": ["key": ["Shorter than minimum length 1."], "value": ["Shorter than minimum length 1."]]]
            ),
            ("timeout", -1, ["Must be greater than or equal to 0."]),
        ] as [(String, JSONValue, JSONValue)]
    )
    func plain(name: String, value: JSONValue, expected: JSONValue) throws {
        var body = Self.good
        body[name] = value
        #expect(try faults(PlainCall.self, .object(body)) == .object([name: expected]))
    }

    @Test(
        "unknown fields, choices and lists",
        arguments: [
            (["ids": [], "more": 1, "flow": "blind"], ["more": ["Unknown field."]]),
            (["ids": ["a"], "flow": "other"], ["flow": ["Must be one of: attended, blind."]]),
            (["ids": ["a"], "flow": 1], ["flow": ["Not a valid string."]]),
            (["ids": ["a"], "flow": nil], ["flow": ["Field may not be null."]]),
            (["ids": "a"], ["ids": ["Not a valid list."]]),
            (["ids": nil], ["ids": ["Field may not be null."]]),
            (
                ["ids": ["a", "", nil, 3]],
                [
                    "ids": [
                        "1": ["Shorter than minimum length 1."], "2": ["Field may not be null."],
                        "3": ["Not a valid string."],
                    ]
                ]
            ),
            ([:], ["ids": ["Missing data for required field."]]),
            ([], ["_schema": ["Invalid input type."]]),
            (.null, ["_schema": ["Invalid input type."]]),
        ] as [(JSONValue, JSONValue)]
    )
    func strict(body: JSONValue, expected: JSONValue) throws {
        #expect(try faults(Strict.self, body) == expected)
    }

    @Test("of very many faults a thousand are told")
    func many() throws {
        let ids = JSONValue.array(Array(repeating: 1, count: 5_000))
        #expect(try faults(Strict.self, ["ids": ids])?["ids"]?.object?.count == 1_000)
        let unknown = Dictionary(uniqueKeysWithValues: (0..<5_000).map { ("f\($0)", JSONValue.null) })
        #expect(try faults(Strict.self, .object(unknown))?.object?.count == 1_001)
    }

    @Test("a strict body without faults is accepted")
    func strictAccepted() throws {
        let body = try Strict.read(["ids": ["a", "b"], "flow": "blind"])
        #expect(body.flow == .blind && body.participants == ["a", "b"])
    }

    private static func object(_ message: String, _ id: String, _ constraint: JSONValue) -> JSONValue {
        ["message": .string(message), "constraint_id": .string(id), "constraint": constraint]
    }

    @Test(
        "extended constraints are objects within the array, types stay texts",
        arguments: [
            ("calls", nil, ["Field may not be null."]),
            ("calls", 1, ["Invalid type."]),
            ("calls", [], [object("Shorter than minimum length 1.", "length", ["min": 1, "max": nil])]),
            (
                "calls", [[:], ["id": 1]],
                ["0": ["id": ["Missing data for required field."]], "1": ["id": ["Not a valid string."]]]
            ),
            (
                "calls", ["x", nil],
                ["0": ["_schema": ["Invalid input type."]], "1": ["_schema": ["Invalid input type."]]]
            ),
            ("name", "long", [object("Longer than maximum length 3.", "length", ["min": nil, "max": 3])]),
            ("name", 1, ["Not a valid string."]),
            ("digits", "1a", [object("String does not match expected pattern.", "regex", "^[0-9*#]+$")]),
            ("mode", "x", [object("Must be one of: attended, blind.", "enum", ["choices": ["attended", "blind"]])]),
            ("limit", 0, [object("Must be greater than or equal to 1.", "range", ["min": 1])]),
            ("variables", ["a": 1], [object("All keys and values must be strings.", "key-value-type", "string")]),
            (
                "variables", ["a": "123456789"],
                [
                    object(
                        "Key longer than 4 or value longer than 8.",
                        "key-value-length",
                        ["key-max": 4, "value-max": 8]
                    )
                ]
            ),
            ("variables", [], ["Not a valid mapping type."]),
        ] as [(String, JSONValue, JSONValue)]
    )
    func extendedConstraints(name: String, value: JSONValue, expected: JSONValue) throws {
        var body: [String: JSONValue] = ["calls": [["id": "1"]]]
        body[name] = value
        #expect(try faults(Node.self, .object(body)) == .object([name: expected]))
    }

    @Test(
        "extended types are an object that stands alone, constraints stay texts",
        arguments: [
            ([:], ["parking_id": object("Missing data for required field.", "required", "required")]),
            (["parking_id": nil], ["parking_id": object("Field may not be null.", "not_null", "not_null")]),
            (["parking_id": true], ["parking_id": object("Not a valid integer.", "type", "integer")]),
            (["parking_id": 1, "slot": 5], ["slot": object("Not a valid string.", "type", "string")]),
            (["parking_id": 1, "slot": "x"], ["slot": ["Invalid input."]]),
            (["parking_id": 1, "timeout": -1], ["timeout": ["Must be a positive integer or 0"]]),
            (["parking_id": 1, "owner": "x"], ["owner": object("Not a valid UUID.", "type", "uuid")]),
            ([], ["_schema": ["Invalid input type."]]),
        ] as [(JSONValue, JSONValue)]
    )
    func extendedTypes(body: JSONValue, expected: JSONValue) throws {
        #expect(try faults(Parking.self, body) == expected)
    }

    /// Own types, rules between fields, JSON of any kind.
    private struct Composed: RequestFields {
        let user: UserID
        let location: JSONValue?
        let pages: [[Int]]
        let half: Double
        init(reading reader: inout FieldReader) {
            user = reader.required("user", .identifier(.length(min: 1)))
            location = reader.nullable("location", .any)
            half = reader.optional("half", .converted(.integer(.range(max: 9))) { Double($0) / 2 }, default: 0)
            pages = reader.optional("pages", .list(of: .list(of: .integer(), .atMost(2))), default: [])
            if reader.raw("location")?.object == nil, reader.has("location") {
                reader.fault("location", Fault("Invalid destination"))
            }
        }
    }

    @Test("kinds compose: own types, nested lists, rules between fields")
    func composed() throws {
        let read = try Composed.read(["user": "u", "half": "7", "location": ["x": [1]], "pages": [[1], [2, "3"]]])
        #expect(read.user == UserID("u") && read.location == ["x": [1]] && read.pages == [[1], [2, 3]])
        #expect(read.half == 3.5)
        let expected: JSONValue = [
            "user": ["Shorter than minimum length 1."], "location": ["Invalid destination"],
            "pages": ["1": ["Longer than maximum length 2."], "2": ["0": ["Not a valid integer."]]],
        ]
        let details = try faults(Composed.self, ["user": "", "location": 5, "pages": [[1], [1, 2, 3], [true]]])
        #expect(details == expected)
    }

    @Test("nulls are accepted where a field may be null")
    func nulls() throws {
        let parking = try Parking.read(["parking_id": "8", "slot": nil, "timeout": nil])
        #expect(parking.lot == 8 && parking.slot == nil && parking.timeout == nil)
    }
}
