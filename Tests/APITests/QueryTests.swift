import API
import Core
import Testing

private enum Column: String, CaseIterable, Sendable { case id, name, timestamp }

private struct ListQuery: RequestFields {
    static let dialect: Dialect = .extendedConstraints
    static let unknownFields: UnknownFields = .rejected
    let paging: Paging<Column>
    init(reading reader: inout FieldReader) {
        paging = Paging(reading: &reader, order: .timestamp, minimumLimit: 1)
    }
}

@Suite("Queries and paging")
struct QueryTests {
    private let bench = APIBench {
        Route(open: .get, "/list", "", query: ListQuery.self) { request in
            let query: ListQuery = try request.query()
            let part = query.paging.part(of: Array(0..<10))
            return .items(part.map { .integer(Int64($0)) }, total: 10, filtered: 10)
        }
        Route(open: .get, "/text", "") { .ok(.string($0.queryText("a b") ?? "-")) }
    }

    private func items(_ query: String) async throws -> JSONValue? {
        try await bench.request("GET", "/1.0/list\(query)", token: nil).json["items"]
    }

    @Test("a page of the list, with its counts")
    func pages() async throws {
        let all = try await bench.request("GET", "/1.0/list", token: nil)
        #expect(all.json["items"]?.array?.count == 10)
        #expect(all.json["total"] == 10 && all.json["filtered"] == 10)
        #expect(try await items("?limit=3") == [0, 1, 2])
        #expect(try await items("?limit=3&offset=8") == [8, 9])
        #expect(try await items("?offset=50") == [])
        #expect(try await items("?order=name&direction=desc&search=x&limit=1") == [0])
    }

    @Test(
        "bad values are told in the endpoint's dialect",
        arguments: [
            (
                "limit=0",
                [
                    "limit": [
                        [
                            "message": "Must be greater than or equal to 1.", "constraint_id": "range",
                            "constraint": ["min": 1],
                        ]
                    ]
                ]
            ),
            ("limit=", ["limit": ["Not a valid integer."]]),
            ("offset=x", ["offset": ["Not a valid integer."]]),
            (
                "direction=up",
                [
                    "direction": [
                        [
                            "message": "Must be one of: asc, desc.", "constraint_id": "enum",
                            "constraint": ["choices": ["asc", "desc"]],
                        ]
                    ]
                ]
            ),
            ("color=red", ["color": ["Unknown field."]]),
        ] as [(String, JSONValue)]
    )
    func refused(query: String, details: JSONValue) async throws {
        let reply = try await bench.request("GET", "/1.0/list?\(query)", token: nil)
        #expect(reply.status == 400 && reply.errorID == "invalid-data")
        #expect(reply.details == details)
    }

    @Test(
        "names and values are decoded, the first of equal names counts",
        arguments: [
            ("a%20b=c%2Bd", "c+d"), ("a+b=c+d", "c d"), ("a+b", ""), ("a+b=1&a+b=2", "1"), ("&&a+b==", "="),
            ("b=1", "-"), ("a+b=%zz", "%zz"),
        ]
    )
    func decoded(query: String, text: String) async throws {
        #expect(try await bench.request("GET", "/1.0/text?\(query)", token: nil).json == .string(text))
    }
}
