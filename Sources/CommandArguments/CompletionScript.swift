// SPDX-License-Identifier: Apache-2.0

/// Owns the script that completes the program's commands and options in a shell.
enum CompletionScript {
    /// For bash: subcommands at the first word, the options of the subcommand after it, else files.
    static func bash(for root: any ParsableCommand.Type) -> String {
        let name = root.configuration.commandName
        let commands = root.configuration.subcommands.filter { $0.configuration.shouldDisplay }
        let cases = commands.map { command in
            let options = NamedField.all(of: command.init())
                .filter { !$0.facts.help.isHidden }
                .flatMap(\.spellings)
            let words = (options + ["--help"]).joined(separator: " ")
            return "        \(command.configuration.commandName)) words='\(words)' ;;\n"
        }
        return """
            #!/bin/bash
            _\(name)() {
                local word=${COMP_WORDS[COMP_CWORD]} words=
                COMPREPLY=()
                if [ "$COMP_CWORD" -eq 1 ]; then
                    words='\((commands.map { $0.configuration.commandName } + ["help", "--help", "--version"]).joined(separator: " "))'
                    COMPREPLY=($(compgen -W "$words" -- "$word"))
                    return
                fi
                case ${COMP_WORDS[1]} in
            \(cases.joined())    esac
                if [[ $word == -* ]]; then
                    COMPREPLY=($(compgen -W "$words" -- "$word"))
                else
                    COMPREPLY=($(compgen -f -- "$word"))
                fi
            }
            complete -F _\(name) \(name)

            """
    }
}
