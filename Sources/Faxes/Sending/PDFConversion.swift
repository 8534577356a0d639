import Core
import Foundation
import Processes

/// How fine a fax is: lines to the inch, of which ITU-T T.4 knows these three. Across it is always 1,728 dots.
enum FaxResolution: String, Sendable, Hashable, CaseIterable {
    case standard, fine, superfine

    /// Lines to the inch.
    var lines: Int {
        switch self {
        case .standard: 98
        case .fine: 196
        case .superfine: 391
        }
    }
}

/// PDF to the TIFF that Asterisk sends, by Ghostscript with bounds on time, memory and pages (contract 30 §4).
struct PDFConversion: Sendable {
    /// Ghostscript's path.
    let program: String
    let processes: any ProcessRunning
    /// Pages that a document may have.
    let mostPages: Int
    /// How long a conversion may take.
    let limit: Duration

    /// Bytes of memory that Ghostscript may use.
    private static let memory = 1_073_741_824
    /// Bytes of a result: 200 pages of noise have about 30 MB.
    private static let largest = 268_435_456

    /// Converts. Every page is turned and scaled to portrait A4, so one that has that size stays as it is.
    /// - Returns: Pages; `nil` when the document cannot be converted, or has too many pages.
    /// - Throws: `ProcessFailure` when Ghostscript cannot be started; `CancellationError`.
    func convert(_ pdf: String, to tiff: String, _ resolution: FaxResolution = .standard) async throws -> Int? {
        let seconds = max(1, Int(limit / .seconds(1)))
        let outcome = try await processes.run(
            ProcessRequest(
                program,
                [
                    "-q", "-sDEVICE=tiffg3", "-dNOPAUSE", "-dSAFER", "-dBATCH", "-dFIXEDMEDIA", "-sPAPERSIZE=a4",
                    "-dPDFFitPage",
                    // Grey letters would be dots that nobody can read; white ones stay white.
                    "-dBlackText",
                    // One page more than may be, so that too many are seen and a million are not rendered.
                    "-r209.10x\(resolution.lines)", "-dLastPage=\(mostPages + 1)", "-sOutputFile=\(Self.literal(tiff))",
                    "-f", pdf,
                ],
                environment: ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TMPDIR": folder(of: tiff)],
                limit: limit,
                outputLimit: 65_536,
                bounds: ResourceBounds(memory: Self.memory, processorSeconds: seconds, fileSize: Self.largest)
            )
        )
        guard outcome.isSuccess, !Self.saysPageIsMissing(outcome.output),
            let data = FileManager.default.contents(atPath: tiff)
        else { return nil }
        let pages = TIFFPages.count(data)
        return (1...mostPages).contains(pages) ? pages : nil
    }

    /// Ghostscript ends with status 0 where a page could not be drawn, or not be written to a full disk: half a fax must
    /// not pass for a whole one.
    private static func saysPageIsMissing(_ output: [UInt8]) -> Bool {
        String(decoding: output, as: UTF8.self).holds("page will be missing in the output")
    }

    /// `%d` in the name of an output file would be the page's number.
    private static func literal(_ path: String) -> String { path.replacing(text: "%", by: "%%") }

    private func folder(of path: String) -> String { (path as NSString).deletingLastPathComponent }
}
