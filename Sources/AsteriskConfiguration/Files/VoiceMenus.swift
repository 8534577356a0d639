/// One context `xivo-ivr-<id>` for each voice menu (contract 44 §4).
struct VoiceMenus {
    private let menus: [VoiceMenu]
    private let destinations: [String: Destination]
    private(set) var remarks: [String] = []

    init(_ site: Site) {
        menus = site.voiceMenus.sorted { $0.id < $1.id }
        destinations = Dictionary(
            site.destinations.map { (Self.key($0.category, $0.event, $0.object), $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    mutating func sections() -> [ConfigurationSection] { menus.map { section($0) } }

    private static func key(_ category: String, _ event: String, _ object: String) -> String {
        "\(category)/\(event)/\(object)"
    }

    private mutating func section(_ menu: VoiceMenu) -> ConfigurationSection {
        var context = DialplanContext("xivo-ivr-\(menu.id)", label: menu.label)
        context.add("s", start(menu))
        for choice in menu.choices.sorted(by: \.exten) {
            guard DialplanText.isExtension(choice.exten) else {
                remarks.append("voice menu \(menu.id): choice \(choice.id) cannot be written")
                continue
            }
            let event = "{\"id\": \(menu.id), \"exten\": \"\(choice.exten)\"}"
            let steps = ["CELGenUserEvent(WAZO_IVR_CHOICE,\(event))"]
            context.add(choice.exten, steps + (forward("ivr_choice", "ivr_choice", choice.id, menu) ?? ["Hangup()"]))
        }
        let again = "GotoIf($[${TANDEM_IVR_TRIES} < \(menu.maximumTries)]?s,start)"
        context.add("t", forward("ivr", "timeout", menu.id, menu) ?? [again, "Goto(abort,1)"])
        let invalid = ["GotoIf($[${TANDEM_IVR_TRIES} >= \(menu.maximumTries)]?abort,1)"]
        let sound = play("Playback", menu.invalidSound, menu)
        context.add("i", forward("ivr", "invalid", menu.id, menu) ?? (invalid + sound + ["Goto(s,start)"]))
        let apology = play("Playback", menu.abortSound.isEmpty ? "im-sorry&goodbye" : menu.abortSound, menu)
        context.add("abort", forward("ivr", "abort", menu.id, menu) ?? (apology + ["Hangup()"]))
        return context.section
    }

    private mutating func start(_ menu: VoiceMenu) -> [String] {
        var steps = ["Set(TANDEM_IVR_TRIES=0)", "Gosub(xivo-pickup,s,1)"]
        steps += play("Background", menu.greetingSound, menu)
        steps.append("(start),Set(TANDEM_IVR_TRIES=$[${TANDEM_IVR_TRIES} + 1])")
        steps += play("Background", menu.menuSound, menu)
        if menu.timeout > 0 { steps.append("WaitExten(\(menu.timeout))") }
        return steps + ["Goto(t,1)"]
    }

    private mutating func play(_ application: String, _ sound: String, _ menu: VoiceMenu) -> [String] {
        if sound.isEmpty { return [] }
        if let sound = DialplanText.argument(sound) { return ["\(application)(\(sound))"] }
        remarks.append("voice menu \(menu.id): a sound's name cannot be written")
        return []
    }

    /// Steps to a destination, after which the call ends in any case; `nil` when there is none.
    private mutating func forward(_ category: String, _ event: String, _ id: Int, _ menu: VoiceMenu) -> [String]? {
        guard let destination = destinations[Self.key(category, event, "\(id)")] else { return nil }
        guard DialplanText.isWord(destination.action), let first = DialplanText.argument(destination.argument1),
            let second = DialplanText.argument(destination.argument2)
        else {
            remarks.append("voice menu \(menu.id): the destination of \(event) cannot be written")
            return nil
        }
        return ["Gosub(forward,s,1(\(destination.action),\(first),\(second)))", "Hangup()"]
    }
}
