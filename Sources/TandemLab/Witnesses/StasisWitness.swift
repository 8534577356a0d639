import ARI
public import Core
import Foundation

/// A Stasis application of an integrator: registered over a WebSocket of its own, it hears what comes in.
public final class StasisWitness: Sendable {
    /// The events so far, in the order of their arrival.
    public let events = WitnessLog<JSONValue>()
    private let reading: Task<Void, Never>

    private init(reading: (WitnessLog<JSONValue>) -> Task<Void, Never>) { self.reading = reading(events) }

    /// Registers an application; it is there when this returns.
    /// - Parameter take: Gets each event instead of ``events``, which keep all.
    /// - Throws: when Asterisk refuses, or cannot be reached.
    public static func register(
        _ application: String,
        in environment: LabEnvironment,
        take: (@Sendable (JSONValue) async -> Void)? = nil
    ) async throws -> StasisWitness {
        let configuration = ARIConfiguration(
            baseURL: URL(string: "http://127.0.0.1:\(environment.httpPort)") ?? URL(filePath: "/"),
            username: "lab",
            password: "lab"
        )
        let socket = try await ARIWebSocket.connect(configuration, applications: [application])
        return StasisWitness { events in
            Task {
                try? await socket.read(
                    ready: {},
                    alongside: { try await Task.sleep(for: .seconds(86_400)) },
                    message: { text in
                        guard let event = try? JSONValue(parsing: text) else { return }
                        if let take { await take(event) } else { await events.append(event) }
                    }
                )
            }
        }
    }

    /// The first event of that type, also one that has passed already.
    /// - Throws: ``LabFailure/tooLate(_:)``
    public func expect(_ type: String, within limit: Duration = .seconds(10)) async throws -> JSONValue {
        if let event = await events.first(within: limit, where: { $0["type"]?.string == type }) { return event }
        let heard = await events.entries.compactMap { $0["type"]?.string }.joined(separator: ", ")
        throw LabFailure.tooLate("no \(type) within \(limit). Heard: \(heard)")
    }

    /// The application is gone.
    public func close() { reading.cancel() }
}
