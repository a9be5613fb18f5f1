"""Hostile SPICE text: what it tries, and whether plain ngspice 39 falls for it.

``CANARY`` stands for a file that a payload tries to create, ``SLEEP`` for a process that
it tries to start, ``OUTSIDE`` for a netlist fragment outside the project that creates the
canary when it is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SUBCIRCUIT = ".subckt hostile p n params: r=1e6\nR1 p n {r}\n.ends\n"
CONTROL = ".control\nshell touch CANARY\n.endc"
#: What ngspice turns into ``*`` at the start of a line; ``*#`` then runs a command.
STARS = '=[]?()&%$"!:,;'


@dataclass(frozen=True)
class Hostile:
    """One hostile text.

    Parameters
    ----------
    name : str
        For test ids.
    text : str
        Cards of a library; a whole netlist when it holds ``.end`` as `whole` says.
    fires : str
        Where it takes effect without the guard, measured: "both", "batch", "library", "".
    whole : bool
        Whether the text is a whole netlist.
    dropped : bool
        Whether the guard writes the netlist without the payload instead of refusing it.
    """

    name: str
    text: str
    fires: str = "both"
    whole: bool = False
    dropped: bool = False

    def library(self, canary: Path, outside: Path, sleep: str) -> str:
        """The text of a device named ``hostile`` that carries the payload."""
        body = self.text if ".subckt hostile" in self.text else f"{SUBCIRCUIT}{self.text}\n"
        return _filled(body, canary, outside, sleep)

    def netlist(self, canary: Path, outside: Path, sleep: str) -> str:
        """A netlist with the payload, as an attacker would hand it to ngspice."""
        if self.whole:
            return _filled(self.text, canary, outside, sleep)
        library = self.library(canary, outside, sleep)
        return (
            f"a title\n{library}V1 p 0 1\nX1 p 0 hostile\n.print tran v(p)\n.tran 1 1 0 1\n.end\n"
        )


def _filled(text: str, canary: Path, outside: Path, sleep: str) -> str:
    for word, meaning in (("CANARY", canary), ("OUTSIDE", outside), ("SLEEP", sleep)):
        text = text.replace(word, str(meaning))
    return text


def _commands() -> list[Hostile]:
    inside = {
        "shell": "shell touch CANARY",
        "a_process": "shell sleep SLEEP & touch CANARY",
        "echo_redirected": "echo hi > CANARY",
        "echo_appended": "echo hi >> CANARY",
        "backticks": "echo `touch CANARY`",
        "set_backticks": "set x = `touch CANARY`",
        "setcs_backticks": "setcs x = `touch CANARY`",
        "pre_shell": "pre_shell touch CANARY",
        "alias": "alias zz shell touch CANARY\nzz",
        "unixcom": "set unixcom\ntouch CANARY",
        "write": "run\nwrite CANARY v(p)",
        "wrdata": "run\nwrdata CANARY v(p)",
        "print_redirected": "run\nprint v(p) > CANARY",
        "hardcopy": "run\nhardcopy CANARY v(p)",
        "snsave": "run\nsnsave CANARY",
        "run_to_file": "run CANARY",
        "let_then_shell": "let a = 1\nshell touch CANARY",
        "alter_then_shell": "alter @r.x1.r1[resistance] = 1\nshell touch CANARY",
    }
    found = [Hostile(name, f".control\n{text}\n.endc") for name, text in inside.items()]
    for name, text in {
        "codemodel": "codemodel ./evil.cm",
        "pre_codemodel": "pre_codemodel ./evil.cm",
        "osdi": "pre_osdi ./evil.osdi",
        "source": "source OUTSIDE",
        "edit": "set editor = touch\nedit CANARY",
        "cd": "cd /tmp",
    }.items():
        found.append(Hostile(name, f".control\n{text}\n.endc", ""))
    return found


def _disguises() -> list[Hostile]:
    shell = "shell touch CANARY"
    found = [
        Hostile("mixed_case", f".CoNtRoL\n{shell}\n.EndC"),
        Hostile("indented", f"   .control\n{shell}\n.endc"),
        Hostile("tab", f"\t.control\n{shell}\n.endc"),
        Hostile("longer_word", f".controlled\n{shell}\n.endc"),
        Hostile("semicolon_behind", f".control;\n{shell}\n.endc"),
        Hostile("comment_behind", f".control $ a comment\n{shell}\n.endc"),
        Hostile("after_a_comment", f"* harmless\n{CONTROL}"),
        Hostile("after_a_trailing_comment", f"R9 p 0 1 $ comment\n{CONTROL}"),
        Hostile("endc_first", f".endc\n{CONTROL}"),
        Hostile("inside_if", f".if (1)\n{CONTROL}\n.endif"),
        Hostile("behind_ends", f".subckt s a\nR1 a 0 1\n.ends .control\n{CONTROL}"),
        Hostile("crlf", CONTROL.replace("\n", "\r\n")),
        Hostile("eol_backslashes", ".control\nshell touch \\\\\nCANARY\n.endc"),
        Hostile("nul", f"* a comment\0\n{CONTROL}"),
        Hostile("carriage_return", f"R9 p 0 1\r{CONTROL}".replace("\n", "\r"), "library"),
        Hostile("vertical_tab", f"R9 p 0 1\v{CONTROL}".replace("\n", "\v"), "library"),
        Hostile("form_feed", f"R9 p 0 1\f{CONTROL}", "library"),
        Hostile("unicode_separator", f"R9 p 0 1\u2028{CONTROL}", "library"),
        Hostile("next_line", f"R9 p 0 1\x85{CONTROL}", "library"),
        Hostile("comment_with_separator", f"* see Fig. 5\u2028{CONTROL}", "library"),
        Hostile("inside_subckt", f".subckt hostile p n\nR1 p n 1\n{CONTROL}\n.ends", ""),
        Hostile("continued", ".con\n+trol\nshell touch CANARY\n.endc", ""),
        Hostile("no_break_space", f"\xa0{CONTROL}", ""),
        Hostile("hash", "#shell touch CANARY", ""),
        Hostile("star_hash", "*#shell touch CANARY", "batch", dropped=True),
        Hostile("star_hash_indented", "  *#shell touch CANARY", dropped=True),
        Hostile("star_hash_continued", "*#shell\n+ touch CANARY", ""),
        Hostile("at_sign", f"@\n{CONTROL}", ""),
    ]
    for sign in STARS:
        dropped = sign in "$;"
        found.append(
            Hostile(f"star_by_{ord(sign):x}", f"{sign}#shell touch CANARY", dropped=dropped)
        )
    return found


def _cards() -> list[Hostile]:
    return [
        Hostile("include_absolute", ".include OUTSIDE"),
        Hostile("include_quoted", '.include "OUTSIDE"'),
        Hostile("include_other_word", ".incsomething OUTSIDE"),
        Hostile("measure_to_file", ".meas tran top max v(p)\n.option measoutfile=CANARY"),
        Hostile("bsim_log", ".model m nmos level=8\nM1 p p 0 0 m w=1u l=1u", "library"),
        *(
            Hostile(f"bsim_log_{n}", f".model m nmos {text}\nM1 p p 0 0 m w=1u l=1u", "")
            for n, text in enumerate(
                (
                    "xlevel=8",
                    "_level=8",
                    "xlevel 8",
                    "level=1 xlevel=8",
                    "xlevel=8 level=1",
                    "(vto=1,level=8)",
                    "level=1 level=8",
                    "vto={level8}",
                    "level={8}",
                    "kp='level=8'",
                )
            )
        ),
        Hostile("bsim_by_name", ".model mlevel8 nmos\nM1 p p 0 0 mlevel8 w=1u l=1u", ""),
        Hostile("nested_calls", f".func f(x) {{x*x}}\nB1 p n i={'f(' * 28}v(p){')' * 28}", ""),
        Hostile(
            "growing_arguments",
            "".join(f".func f{i}(x) {{f{i + 1}(x+x)}}\n" for i in range(40))
            + ".func f40(x) {x}\nB1 p n i=f0(v(p))",
            "",
        ),
        Hostile("many_characters", _doubling_circuits(17, f"B1 a 0 i={'v(a)+' * 4000}1"), ""),
        Hostile("many_empty_instances", _doubling_circuits(45, ".param y=1"), ""),
        Hostile("lib_section", ".lib OUTSIDE typical", ""),
        Hostile("csparam", ".csparam x = `touch CANARY`", ""),
        Hostile("param_backticks", ".param x = `touch CANARY`", ""),
        Hostile("param_text", '.param x = "`touch CANARY`"', ""),
        Hostile("print_card", ".print tran v(p) > CANARY", ""),
        Hostile("plot_card", ".plot tran v(p) > CANARY", ""),
        Hostile("four_card", ".four 1 v(p) > CANARY", ""),
        Hostile("probe_card", ".probe alli", ""),
        Hostile("option_debug", ".options ngdebug", ""),
        Hostile("option_behaviour", ".options ngbehavior=lta sourcepath=/tmp", ""),
        Hostile("hdl_card", ".hdl OUTSIDE", ""),
        Hostile("verilog_card", ".verilog OUTSIDE", ""),
        Hostile("osdi_card", ".pre_osdi OUTSIDE", ""),
        Hostile("title_card", ".title *ng_script", ""),
        Hostile("file_source", 'A1 %v([p]) fs\n.model fs filesource (file="OUTSIDE")', ""),
        Hostile("state_source", 'A1 [p] ds\n.model ds d_source (input_file="OUTSIDE")', ""),
        Hostile(
            "digital_process",
            'A1 [p] p null [d] dp\n.model dp d_process (process_file="OUTSIDE")',
            "",
        ),
        Hostile("model_with_file", '.model fs filesource\n+ (file="OUTSIDE")', ""),
        Hostile("numerical_device", '.model d numd\n+ output rootfile="CANARY" all', ""),
        Hostile("wave_source", "V9 p 0 wavefile=OUTSIDE", ""),
        Hostile("pwl_file", "V9 p 0 PWL file=OUTSIDE", ""),
        Hostile("external_source", "V9 p 0 DC 0 EXTERNAL", ""),
        Hostile("verilog_a_device", "N1 p 0 evil", ""),
        Hostile("lone_quote", "R9 p 0 '1\n.control'\nshell touch CANARY\n.endc", ""),
        Hostile("lone_brace", ".param x={1\n+ .control", ""),
        Hostile("very_long_word", f"R{'1' * 5000} p 0 1", ""),
        Hostile("func_by_param", ".param f(x)={x}", ""),
        Hostile("holds_itself", ".subckt hostile p n\nX1 p n hostile\n.ends", ""),
        Hostile(
            "hold_each_other",
            ".subckt hostile p n\nX1 p n other\n.ends\n"
            ".subckt other p n\nX1 p n hostile m=2\n.ends",
            "",
        ),
        Hostile("function_of_itself", ".func f(x) {f(x)+1}\nR9 p 0 {f(1)}", ""),
        Hostile("many_elements", _doubling_circuits(), ""),
        Hostile("long_function", _doubling_functions(), ""),
        Hostile("deep_nesting", _chain(2000), ""),
        Hostile("ends_missing", ".subckt s a\nR1 a 0 1", ""),
        Hostile("ends_too_many", ".ends", ""),
    ]


def _doubling_circuits(count: int = 40, inside: str = "R1 a 0 1") -> str:
    inner = f".subckt l0 a\n{inside}\n.ends\n"
    levels = "".join(
        f".subckt l{i} a\n" + f"X1 a l{i - 1}\n" + f"X2 a l{i - 1}\n.ends\n"
        for i in range(1, count)
    )
    return f"{inner}{levels}X9 p l{count - 1}"


def _doubling_functions() -> str:
    levels = "\n".join(f".func f{i}(x) {{f{i - 1}(x)+f{i - 1}(x)}}" for i in range(1, 40))
    return f".func f0(x) {{x+1}}\n{levels}\nR9 p 0 {{f39(1)}}"


def _chain(length: int) -> str:
    cells = "".join(f".subckt c{i} a\nX1 a c{i + 1}\n.ends\n" for i in range(length))
    return f"{cells}.subckt c{length} a\nR1 a 0 1\n.ends\nX9 p c0"


_CIRCUIT = "V1 p 0 1\nR1 p 0 1\n"
_ANALYSIS = ".tran 1 1 0 1\n.end\n"


def _netlists() -> list[Hostile]:
    body = _CIRCUIT + _ANALYSIS
    return [
        Hostile("script", "*ng_script\nshell touch CANARY\n", "batch", whole=True),
        Hostile(
            "script_title", f"title\n.title *ng_script\nshell touch CANARY\n{body}", whole=True
        ),
        Hostile("script_title_echo", f".title *ng_script\nEcho hi > CANARY\n{body}", whole=True),
        Hostile(
            "script_title_element",
            f".title *ng_script\necho p 0 p 0 1 > CANARY\n{body}",
            whole=True,
        ),
        Hostile(
            "script_title_alone",
            f".title *ng_script\n{body}",
            "",
            whole=True,
        ),
        Hostile("title_include", f".include OUTSIDE\n{body}", whole=True),
        Hostile("title_control", f"{CONTROL}\n{body}", "", whole=True),
        Hostile("long_title", f"{'t' * 4999}{CONTROL}\n{body}", "batch", whole=True),
        Hostile("after_end", f"title\n{body}{CONTROL}\n.end\n", "batch", whole=True),
        Hostile("end_with_words", f"title\n{_CIRCUIT}.end now\n{CONTROL}\n{body}", "", whole=True),
        Hostile("save_backticks", f"title\n.save `touch CANARY`\n{body}", "", whole=True),
        Hostile("save_redirected", f"title\n.save v(p) > CANARY\n{body}", "", whole=True),
        Hostile(
            "option_backticks", f"title\n.options reltol=`touch CANARY`\n{body}", "", whole=True
        ),
        Hostile("initial_backticks", f"title\n.ic v(p)=`touch CANARY`\n{body}", "", whole=True),
        Hostile("temp_text", f"title\n.temp `touch CANARY`\n{body}", "", whole=True),
        Hostile(
            "tran_redirected",
            f"title\n.tran 1 1 0 1 ; > CANARY\n{body}",
            "",
            whole=True,
            dropped=True,
        ),
    ]


LIBRARIES = _commands() + _disguises() + _cards()
NETLISTS = _netlists()
ALL = LIBRARIES + NETLISTS
