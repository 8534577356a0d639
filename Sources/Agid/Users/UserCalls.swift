public import Directory
public import FastAGI

/// What the handlers of users' calls ask, and the handlers over it.
public struct UserCalls: Sendable {
    /// Users, their phones, destinations and filters.
    public var users: any DialplanUserDirectory
    /// Numbers that users show outside.
    public var outgoingNumbers: any OutgoingNumberDirectory
    /// Numbers that users blocked.
    public var blocklist: any BlocklistDirectory
    /// Permissions.
    public var rights: any CallRightDirectory
    /// Routes to the outside.
    public var outcalls: any OutcallDirectory
    /// Ring tones.
    public var ringTones: RingToneFile
    /// Mobile applications that may be asleep.
    public var mobiles: any MobileSessions
    /// Numbering plans.
    public var numbers: any PhoneNumberReading
    /// Recordings; `nil`: there is nothing that records, and the handlers that would ask it are not there.
    public var recording: (any CallRecording)?
    /// Forwards and services of users: confd, or the tables.
    public var settings: (any UserSettingStoring)?
    /// Switches of users in the tables; the star codes are there when both are.
    public var switches: (any UserSwitchStoring)?
    /// What becomes of calls whose permissions cannot be looked up.
    public var whenRightsAreUnknown: UnknownCallRights

    /// Handlers over one directory that answers everything itself, with the services that are there.
    public init(
        directory: any DialplanUserDirectory & OutgoingNumberDirectory & BlocklistDirectory & CallRightDirectory
            & OutcallDirectory,
        ringTones: RingToneFile,
        mobiles: any MobileSessions = NoMobileSessions(),
        numbers: any PhoneNumberReading = InternationalNumbers(),
        recording: (any CallRecording)? = nil,
        settings: (any UserSettingStoring)? = nil,
        switches: (any UserSwitchStoring)? = nil,
        whenRightsAreUnknown: UnknownCallRights = .denyExternal
    ) {
        users = directory
        outgoingNumbers = directory
        blocklist = directory
        rights = directory
        outcalls = directory
        self.ringTones = ringTones
        self.mobiles = mobiles
        self.numbers = numbers
        self.recording = recording
        self.settings = settings
        self.switches = switches
        self.whenRightsAreUnknown = whenRightsAreUnknown
    }

    /// One handler per script name.
    public var handlers: [any AGIHandler] {
        let interfaces = InterfaceFinder(mobiles: mobiles)
        var handlers: [any AGIHandler] = [
            IncomingUserSetFeatures(users: users, outgoingNumbers: outgoingNumbers, interfaces: interfaces),
            GetUserInterfaces(interfaces: interfaces),
            GetRing(file: ringTones),
            UserSetCallRights(rights: rights, whenUnknown: whenRightsAreUnknown),
            ScreenBlocklist(users: users, blocklist: blocklist, numbers: numbers),
            OutgoingUserSetFeatures(outcalls: outcalls, users: users),
            FormatOutgoingCallerID(numbers: numbers),
            RecordCaller(users: users),
            StartMixMonitor(),
        ]
        if let recording {
            handlers += [CallRecordingToggle(recording: recording), RecordAnswered(recording: recording)]
        }
        if let settings, let switches {
            let stores = FeatureStores(users: users, settings: settings, switches: switches)
            handlers += [
                PhoneGetFeatures(stores: stores), PhoneSetFeature(stores: stores), ForwardUndoAll(stores: stores),
                CallFilterToggle(stores: stores),
            ]
        }
        return handlers
    }
}
