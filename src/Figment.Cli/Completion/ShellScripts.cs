namespace Figment.Cli.Completion;

/// <summary>Scripts that ask <c>figment '[suggest:CURSOR]' 'LINE'</c> what may come next: one candidate a line.</summary>
internal static class ShellScripts
{
    private const string Bash = """
        # bash completion for figment
        _figment()
        {
            local line="${COMP_LINE#* }" cursor
            cursor=$((COMP_POINT - (${#COMP_LINE} - ${#line})))
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$(figment "[suggest:${cursor}]" "${line}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
            [[ ${#COMPREPLY[@]} -eq 0 ]] && compopt -o default
        }
        complete -F _figment figment

        """;

    private const string Zsh = """
        #compdef figment
        # zsh completion for figment
        _figment()
        {
            local line="${BUFFER#* }" cursor
            cursor=$((CURSOR - (${#BUFFER} - ${#line})))
            local -a candidates
            candidates=("${(@f)$(figment "[suggest:${cursor}]" "${line}" 2>/dev/null)}")
            if (( ${#candidates[@]} )) && [[ -n "${candidates[1]}" ]]; then
                compadd -a candidates
            else
                _files
            fi
        }
        compdef _figment figment

        """;

    private const string Fish = """
        # fish completion for figment
        function __figment_candidates
            set -l line (string replace -r '^\S+\s' '' -- (commandline -p))
            set -l before (string replace -r '^\S+\s' '' -- (commandline -cp))
            figment "[suggest:"(string length -- "$before")"]" "$line" 2>/dev/null
        end
        complete -c figment -a '(__figment_candidates)'

        """;

    public static string Of(string shell) => shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        "fish" => Fish,
        _ => throw new ArgumentOutOfRangeException(nameof(shell), shell, "not one of bash, zsh, fish"),
    };
}
