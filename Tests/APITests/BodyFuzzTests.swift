import API
import Core
import Testing

@testable import enum API.JSONText

/// Every kind of field at once.
private struct Everything: RequestFields {
    enum Flow: String, CaseIterable, Sendable { case attended, blind }
    struct Part: RequestFields {
        let user: String
        let line: Int?
        init(reading reader: inout FieldReader) {
            user = reader.required("user", .string(.length(min: 1, max: 4)))
            line = reader.nullable("line_id", .integer(.range(min: 1, max: 9)))
        }
    }
    static let unknownFields: UnknownFields = .rejected
    let source: Part
    let calls: [Part]
    let flow: Flow
    let variables: [String: Int]
    let bounded: [String: String]
    let flags: [Bool]
    let id: String?

    init(reading reader: inout FieldReader) {
        source = reader.required("source", .object(Part.self))
        calls = reader.optional("calls", .objects(Part.self, .atLeast(1)), default: [])
        flow = reader.optional("context", .choice(), default: .attended)
        variables = reader.optional("variables", .map(keys: .string(.length(min: 1)), values: .integer()), default: [:])
        bounded = reader.optional("destination", .boundedTexts(keyLength: 3, valueLength: 3), default: [:])
        flags = reader.optional("timeout", .list(of: .boolean), default: [])
        id = reader.nullable("id", .uuid)
        _ = reader.optional("extension", .instant)
    }
}

private struct Lenient: RequestFields {
    static let dialect: Dialect = [.extendedConstraints, .extendedTypes]
    let everything: Everything?
    init(reading reader: inout FieldReader) { everything = reader.optional("source", .object(Everything.self)) }
}

@Suite("Hostile bodies", .timeLimit(.minutes(2)))
struct BodyFuzzTests {
    /// Changes, removes or inserts bytes, or cuts the text.
    private func mutate(_ text: String, using random: inout SeededGenerator) -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            guard !bytes.isEmpty else { return bytes }
            let place = Int.random(in: 0..<bytes.count, using: &random)
            let syntax = Array("{}[]\",:\\u0-+.eE \n\u{0}".utf8)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(syntax.randomElement(using: &random) ?? 0, at: place)
            case 3: bytes.removeSubrange(place...)
            default: bytes.insert(contentsOf: bytes[place...].prefix(20), at: place)
            }
        }
        return bytes
    }

    /// What reading a body came to; anything but a value or a 400 fails the test.
    private func read<Body: RequestFields>(_ type: Body.Type, _ value: JSONValue) -> Bool {
        do {
            _ = try Body.read(value)
            return true
        } catch let failure as Failure {
            if failure.status != 400 || failure.details.isEmpty { Issue.record("an empty fault for \(value.text)") }
        } catch {
            Issue.record(error)
        }
        return false
    }

    @Test("120,000 random and mutated bodies are read or refused, whatever they are")
    func fuzz() async {
        var random = SeededGenerator(seed: 2_608)
        var (parsed, malformed, accepted, refused) = (0, 0, 0, 0)
        for round in 0..<120_000 {
            // Other tests share these threads.
            if round % 100 == 0 { await Task.yield() }
            let text = RandomJSON.value(depth: 4, using: &random).text
            let bytes: [UInt8]
            switch round % 4 {
            case 0: bytes = Array(text.utf8)
            case 3:
                bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in .random(in: 0...255, using: &random) }
            default: bytes = mutate(text, using: &random)
            }
            guard let value = JSONText.parse(bytes) else {
                malformed += 1
                continue
            }
            parsed += 1
            for isAccepted in [read(Everything.self, value), read(Lenient.self, value)] {
                if isAccepted { accepted += 1 } else { refused += 1 }
            }
            if (try? Everything.readList(value)) != nil { accepted += 1 }
        }
        // The generator reaches every outcome.
        #expect(parsed > 30_000 && malformed > 30_000, "\(parsed) parsed, \(malformed) malformed")
        #expect(accepted > 100 && refused > 30_000, "\(accepted) accepted, \(refused) refused")
    }
}
