import Core
import FastAGI

/// `getring`: with which tone the callee's phone rings (contract 41).
struct GetRing: AGIHandler {
    let name = "getring"
    let file: RingToneFile

    func run(_ session: AGISession) async throws {
        _ = try await BestEffort.run(name, session) {
            let call = RingingCall(
                number: try await session.getVariable("WAZO_REAL_NUMBER"),
                context: try await session.getVariable("WAZO_REAL_CONTEXT"),
                origin: try await session.getVariable("WAZO_CALLORIGIN"),
                referer: try await session.getVariable("WAZO_FWD_REFERER").parts(separatedBy: ":", keepingEmpty: true)[
                    0
                ],
                isForwarded: try await session.getVariable("WAZO_CALLFORWARDED") == "1"
            )
            try await session.setVariable("WAZO_RINGTYPE", "")
            guard let tone = file.tones.tone(of: call) else {
                try await session.verbose("Using the native phone ring tone")
                return
            }
            try await session.setVariable("WAZO_RINGTYPE", tone.ring)
            try await session.setVariable("WAZO_PHONETYPE", tone.phoneType)
            try await session.verbose("Using ring tone \(tone.ring)")
        }
    }
}
