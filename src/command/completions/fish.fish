# Asks pfx for names.
function __fish_pfx_answer
    command pfx completions fish -- (commandline -opc) (commandline -ct) 2>/dev/null
end

function __fish_pfx_offered
    set -l lines (__fish_pfx_answer)
    test "$lines[1]" = offer
    and printf '%s\n' $lines[2..-1]
end

# The index of the word at which the line of another command begins.
function __fish_pfx_begin
    set -l lines (__fish_pfx_answer)
    string match -q 'command *' -- "$lines[1]"
    and string replace 'command ' '' -- $lines[1]
end

function __fish_pfx_of_command
    set -l begin (__fish_pfx_begin)
    or return
    set -l before (commandline -opc)
    set -l words (string escape -- $before[(math $begin + 1)..-1])
    # There are none if the command itself is being typed.
    test (count $before) -gt $begin
    or set words
    complete -C (string join -- ' ' $words (commandline -ct))
end

for __fish_pfx_command in run check export
    complete -c pfx -n "__fish_pfx_using_subcommand $__fish_pfx_command" -s s -l secret -r -f -a '(__fish_pfx_offered)'
    complete -c pfx -n "__fish_pfx_using_subcommand $__fish_pfx_command" -s e -l env -r -f -a '(__fish_pfx_offered)'
    complete -c pfx -n "__fish_pfx_using_subcommand $__fish_pfx_command" -s k -l kv -r -f -a '(__fish_pfx_offered)'
    complete -c pfx -n "__fish_pfx_using_subcommand $__fish_pfx_command" -s b -l block -r -f -a '(__fish_pfx_offered)'
    for __fish_pfx_option in file set unset profile
        complete -c pfx -n "__fish_pfx_using_subcommand $__fish_pfx_command" -l $__fish_pfx_option -r -f -a '(__fish_pfx_offered)'
    end
end
set -e __fish_pfx_command
set -e __fish_pfx_option
complete -c pfx -n '__fish_pfx_using_subcommand secret' -f -a '(__fish_pfx_offered)'
complete -c pfx -n '__fish_pfx_using_subcommand kv' -f -a '(__fish_pfx_offered)'
complete -c pfx -n '__fish_pfx_using_subcommand help' -f -a '(__fish_pfx_offered)'
complete -c pfx -n '__fish_pfx_using_subcommand run; and __fish_pfx_begin >/dev/null' -f -a '(__fish_pfx_of_command)'
