import Synchronization

/// The way through the dialplan into a Stasis application.
///
/// Who answers an origination while the application is away, for the time of a restart for instance, is hung up by
/// Asterisk. Where the dialplan has the entrance, they hear music instead and are let in when the application is back,
/// within half a minute (`dialplan/convert-to-stasis.conf`).
public final class StasisEntrance: Sendable {
    /// Where it begins. The extension is `s`, which Asterisk gives those who come without the dialplan too: clients see
    /// it as what was dialled.
    public static let place = DialplanPlace(context: "tandem-stasis", exten: "s")
    /// Channel variables that the place reads; clients cannot set them.
    private static let application = "TANDEM_APPLICATION"
    private static let arguments = "TANDEM_ARGUMENTS"

    private let led = Mutex<Set<String>>([])

    /// An entrance that is not known to be in the dialplan.
    public init() {}

    /// Applications whose calls are led through it.
    public var applications: Set<String> { led.withLock { $0 } }

    /// Notes for which applications the dialplan has it. They hear of all channels: Asterisk tells an application of a channel
    /// that rings when it was originated for the application, which is not so here.
    public func lead(_ applications: Set<String>) { led.withLock { $0 = applications } }

    /// The same call, which reaches its application through the dialplan when that has the entrance.
    public func leading(_ origination: Origination) -> Origination {
        guard case .application(let name, let arguments) = origination.destination, applications.contains(name) else {
            return origination
        }
        var call = origination
        call.destination = .dialplan(Self.place)
        call.variables[Self.application] = name
        call.variables[Self.arguments] = arguments.joined(separator: ",")
        return call
    }
}
