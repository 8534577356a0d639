import Foundation
import Processes

/// Sound in other formats, made with sox in bounded time.
struct SoundConversion: Sendable {
    /// The program's path.
    let program: String
    let processes: any ProcessRunning
    /// Seconds of sound that a result may have at most.
    let longest: Int
    /// How long a conversion may take.
    static let limit: Duration = .seconds(30)
    /// What sox may use: a hostile head makes it ask for much.
    static let bounds = ResourceBounds(memory: 536_870_912, processorSeconds: 30, fileSize: 67_108_864)

    /// Formats of Asterisk that sox reads, by the extension of their files, in the order of our preference.
    static let formats: [(extension: String, arguments: [String])] = [
        ("wav", ["-t", "wav"]), ("WAV", ["-t", "wav"]), ("gsm", ["-t", "gsm", "-r", "8000", "-c", "1"]),
        ("ulaw", ["-t", "ul", "-r", "8000", "-c", "1"]), ("alaw", ["-t", "al", "-r", "8000", "-c", "1"]),
        ("sln", ["-t", "s16", "-r", "8000", "-c", "1"]), ("sln16", ["-t", "s16", "-r", "16000", "-c", "1"]),
    ]

    /// Makes Asterisk's `wav` of a file: 8 kHz, 16 bits, one channel.
    /// - Parameters:
    ///   - format: The extension of the file's format.
    ///   - hasLength: Whether the file's head tells how long it is; else all of it counts.
    /// - Returns: Whether `target` is there now.
    /// - Throws: `ProcessFailure` when there is no sox; `CancellationError`.
    func makeWave(
        of source: String,
        format: String,
        at target: String,
        hasLength: Bool = true
    ) async throws -> Bool {
        guard let known = Self.formats.first(where: { $0.extension == format }) else { return false }
        let outcome = try await processes.run(
            ProcessRequest(
                program,
                ["-V1", "--single-threaded"] + (hasLength ? [] : ["--ignore-length"]) + known.arguments + [source]
                    + ["-t", "wav", "-e", "signed-integer", "-b", "16", "-r", "8000", "-c", "1", target]
                    // A head may promise hours of silence.
                    + ["trim", "0", "\(longest)"],
                environment: ["LC_ALL": "C", "PATH": "/usr/bin:/bin"],
                limit: Self.limit,
                bounds: Self.bounds
            )
        )
        return outcome.isSuccess
    }
}
