public import Core
public import Directory
public import FastAGI

/// What the handlers of feature codes, voicemail and rooms ask, and the handlers over it.
public struct FeatureCalls: Sendable {
    /// Users.
    public var users: any DialplanUserDirectory
    /// Codes of features.
    public var keys: any FunctionKeyDirectory
    /// Paging groups.
    public var pagings: any PagingDirectory
    /// Voicemail boxes.
    public var voicemails: any DialplanVoicemailDirectory
    /// Conference rooms and meetings.
    public var rooms: any DialplanRoomDirectory
    /// How somebody is called back; `nil`: nobody can be, and the handler is not there.
    public var callback: CallbackMode?
    /// Gives lines to phones; `nil`: there is no provisioning, and `provision` fails softly.
    public var provisioning: (any PhoneProvisioning)?
    /// Address books; `nil`: callers keep the name that came with the call.
    public var callerNames: CallerNames?
    /// The time that pushes to mobile applications and call-backs are dated with.
    public var clock: any WallClock

    /// Handlers over one directory that answers everything itself, with the services that are there.
    public init(
        directory: any DialplanUserDirectory & FunctionKeyDirectory & PagingDirectory & DialplanVoicemailDirectory
            & DialplanRoomDirectory,
        callback: CallbackMode? = nil,
        provisioning: (any PhoneProvisioning)? = nil,
        callerNames: CallerNames? = nil,
        clock: any WallClock = SystemClock()
    ) {
        users = directory
        keys = directory
        pagings = directory
        voicemails = directory
        rooms = directory
        self.callback = callback
        self.provisioning = provisioning
        self.callerNames = callerNames
        self.clock = clock
    }

    /// One handler per script name.
    public var handlers: [any AGIHandler] {
        var handlers: [any AGIHandler] = [
            PhoneFunctionKey(keys: keys),
            PhoneFunctionKeyState(keys: keys, users: users),
            Paging(pagings: pagings),
            Provision(provisioning: provisioning),
            VoicemailBoxInfo(voicemails: voicemails, users: users),
            UserVoicemailBox(voicemails: voicemails),
            CheckVoicemailPassword(voicemails: voicemails),
            IncomingConferenceSetFeatures(rooms: rooms),
            MeetingUser(rooms: rooms),
            PreSubroutineCompatibility(),
            PostSubroutineCompatibility(),
            IgnoreBOption(),
            WakeMobile(clock: clock),
        ]
        if let callback { handlers.append(CallbackHandler(mode: callback, clock: clock)) }
        return handlers
    }
}
