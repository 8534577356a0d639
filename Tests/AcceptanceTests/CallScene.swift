import Core
import Events
import Foundation
import TandemLab
import Testing

/// Calls as their clients see them, in a scene.
extension Scene {
    /// The listed calls.
    func calls(_ query: String = "") async throws -> [JSONValue] {
        let answer = try await rest.get("/calls" + query)
        guard answer.status == 200 else { throw LabFailure.answer("\(answer.status) \(answer.text)") }
        return answer.body?["items"]?.array ?? []
    }

    /// A call by its id.
    func call(_ id: String) async throws -> JSONValue {
        let answer = try await rest.get("/calls/\(id)")
        guard answer.status == 200, let call = answer.body else { throw LabFailure.answer(answer.text) }
        return call
    }

    /// Names of the events that were published of a call, in order, without `call_`; equal ones in a row once.
    func story(of id: String) async -> [String] {
        let names = await bus.deliveries.entries.filter { event in
            event.name?.hasPrefix("call_") == true && event.data?["call_id"]?.string == id
        }.compactMap { $0.name.map { String($0.dropFirst("call_".count)) } }
        return names.reduce(into: []) { story, name in if story.last != name { story.append(name) } }
    }

    /// Waits until the events of a call tell this.
    func story(of id: String, becomes expected: [String]) async throws {
        do {
            _ = try await eventually("events of a call") { await story(of: id) == expected ? true : nil }
        } catch {
            throw LabFailure.tooLate("told \(await story(of: id)), not \(expected)")
        }
    }

    /// Looks at a call's `call_created`: who calls, in which direction, what was dialled, and in which state (contract 10 §1).
    func begins(_ id: String, isCaller: Bool, _ direction: String, dialled: String, _ status: String) async throws {
        let created = try await bus.expect("call_created") { $0.data?["call_id"]?.string == id }
        let expected: JSONValue = [
            "is_caller": .bool(isCaller), "direction": .string(direction), "dialed_extension": .string(dialled),
            "status": .string(status),
        ]
        #expect(created.data?.members("is_caller", "direction", "dialed_extension", "status") == expected)
    }

    /// A gauge or counter of `/metrics` without dimensions.
    func metric(_ name: String) async throws -> Double? {
        let root = RESTClient(tandem.rest.base.replacing("/1.0", with: ""))
        let text = try await root.get("/metrics").text
        return text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
            .flatMap { Double($0.dropFirst(name.count + 1)) }
    }
}

extension JSONValue {
    /// Members of an object by these names.
    func members(_ names: String...) -> JSONValue {
        .object((object ?? [:]).filter { names.contains($0.key) })
    }
}

extension Scene {
    /// The registry's list is what Asterisk has, whom each talks with included.
    func listsWhatAsteriskHas() async throws {
        let token = try await masterToken()
        let rest = tandem.rest.with(token: token)
        _ = try await eventually("the list is what Asterisk has") {
            let listed = try await rest.get("/calls?recurse=true").body?["items"]?.array ?? []
            let channels = try await ari.channels()
            let bridges = try await ari.bridges()
            guard listed.count == channels.count else { return nil as Bool? }
            for channel in channels {
                let id = channel["id"]?.string ?? ""
                guard let call = listed.first(where: { $0["call_id"]?.string == id }) else { return nil }
                let own = bridges.filter { $0["channels"]?.array?.contains(.string(id)) == true }
                let peers = Set(own.flatMap { $0["channels"]?.array ?? [] }).subtracting([.string(id)])
                guard Set((call["talking_to"]?.object ?? [:]).keys.map(JSONValue.string)) == peers,
                    call["status"] == channel["state"],
                    Set(call["bridges"]?.array ?? []) == Set(own.compactMap { $0["id"] })
                else { return nil }
            }
            return true
        }
    }
}
