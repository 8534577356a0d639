import Core
import Crypto
import Telephony

/// The dialogue from the banner to the accepted login, as a value: MD5 challenge first, so that the secret does not
/// travel.
struct AMILogin {
    enum Step: Hashable {
        case send(ManagerAction)
        case accepted
        case failed(AMIEnd)
        /// Nothing to do with us, for instance an event.
        case ignored
    }

    private enum Phase {
        case banner, challenge, login
    }

    private let username: String
    private let secret: String
    private let allowsPlainLogin: Bool
    private var phase = Phase.banner

    init(_ configuration: AMIConfiguration) {
        username = configuration.username
        secret = configuration.secret
        allowsPlainLogin = configuration.allowsPlainLogin
    }

    mutating func receive(banner: String) -> Step {
        guard phase == .banner, banner.begins(with: "Asterisk Call Manager/") else {
            return .failed(.noManager("it said: \(banner.prefix(60))"))
        }
        phase = .challenge
        return .send(ManagerAction("Challenge", ["AuthType": "MD5"]))
    }

    mutating func receive(_ message: ManagerMessage) -> Step {
        guard message.event == nil, let response = message.response else { return .ignored }
        switch phase {
        case .banner:
            return .ignored
        case .challenge:
            phase = .login
            if response == "Success", let challenge = message["Challenge"] { return .send(login(to: challenge)) }
            guard allowsPlainLogin else {
                return .failed(.loginRefused("no MD5 challenge: \(message["Message"] ?? response)"))
            }
            return .send(
                ManagerAction("Login", ["Username": username, "Secret": secret, "Events": "on"])
            )
        case .login:
            if response == "Success" { return .accepted }
            return .failed(.loginRefused(message["Message"] ?? response))
        }
    }

    private func login(to challenge: String) -> ManagerAction {
        var hash = Insecure.MD5()
        hash.update(data: Array(challenge.utf8))
        hash.update(data: Array(secret.utf8))
        let key = hash.finalize().map { byte in
            String(byte >> 4, radix: 16) + String(byte & 0x0F, radix: 16)
        }.joined()
        return ManagerAction("Login", ["AuthType": "MD5", "Username": username, "Key": key, "Events": "on"])
    }
}

/// Why a connection ended.
enum AMIEnd: Error, Sendable, Hashable, CustomStringConvertible {
    /// The peer closed it, or the network broke.
    case closed
    /// Nobody listens.
    case connectionRefused
    /// No connection for another reason.
    case unreachable(String)
    /// The name or the secret is wrong, or the address is not permitted.
    case loginRefused(String)
    /// Something else listens there.
    case noManager(String)
    /// The login took too long.
    case loginTimedOut
    /// The bytes make no messages.
    case malformed(String)
    /// Asterisk gave no sign of life.
    case silent
    /// We stopped.
    case stopped

    var description: String {
        switch self {
        case .closed: "Asterisk closed the manager connection"
        case .connectionRefused: "connection refused"
        case .unreachable(let text): text
        case .loginRefused(let text): "login refused: \(text)"
        case .noManager(let text): "no manager interface there; \(text)"
        case .loginTimedOut: "no login within the time limit"
        case .malformed(let text): "unreadable: \(text)"
        case .silent: "Asterisk does not answer on its manager connection"
        case .stopped: "stopped"
        }
    }
}
