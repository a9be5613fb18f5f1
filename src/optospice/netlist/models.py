"""Which parameters a ``.model`` card may have.

The names are those that ``devhelp`` of ngspice 39 lists. ngspice takes the first ``level`` that
stands anywhere in a card, also inside another word, so that only an exact list of names says
which model is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from optospice.errors import close_matches


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MOS = _names(
    "vto vt0 kp gamma phi lambda rd rs cbd cbs is pb cgso cgdo cgbo rsh cj mj cjsw mjsw js tox ld "
    "u0 uo fc nsub tpg nss tnom kf af"
)
_MOS3 = (_MOS - {"lambda"}) | _names(
    "xl wd xw delvto delvt0 vmax xj nfs xd alpha eta delta input_delta theta kappa"
)
#: Parameters of each level of a MOSFET; BSIM models, which write logs, are not among them.
_MOSFETS: Mapping[str, frozenset[str]] = {
    "1": _MOS,
    "2": _MOS | _names("delta uexp ucrit vmax xj neff nfs"),
    "3": _MOS3,
    "6": (_MOS - {"kp", "kf", "af"})
    | _names("kv nv kc nc nvth ps gamma1 sigma lambda0 lambda1"),
    "9": _MOS3,
}  # fmt: skip
_JFET = _names(
    "vt0 vto beta lambda rd rs cgs cgd pb is fc b tnom tcv vtotc bex betatce xti eg kf af nlev "
    "gdsnoi"
)
_JFET2 = _names(
    "acgam af beta cds cgd cgs delta hfeta hfe1 hfe2 hfg1 hfg2 mvst mxi fc ibd is kf lambda lfgam "
    "lfg1 lfg2 n p vbi pb q rd rs taud taug vbd ver vst vt0 vto xc xi z hfgam tnom"
)
_BIPOLAR = _names(
    "subs tnom tref is ibe ibc bf nf vaf va ikf ik ise c2 ne br nr var vb ikr isc c4 nc rb irb rbm "
    "re rc cje vje pe mje me tf xtf vtf itf ptf cjc vjc pc mjc mc xcjc tr cjs csub ccs vjs ps mjs "
    "ms xtb eg xti fc kf af iss ns rco vo gamma qco tlev tlevc tbf1 tbf2 tbr1 tbr2 tikf1 tikf2 "
    "tikr1 tikr2 tirb1 tirb2 tnc1 tnc2 tne1 tne2 tnf1 tnf2 tnr1 tnr2 trb1 trb trb2 trc1 trc trc2 "
    "tre1 tre tre2 trm1 trm2 tvaf1 tvaf2 tvar1 tvar2 ctc cte cts tvjc tvje tvjs titf1 titf2 ttf1 "
    "ttf2 ttr1 ttr2 tmje1 tmje2 tmjc1 tmjc2 tmjs1 tmjs2 tns1 tns2 nkf nk tis1 tis2 tise1 tise2 "
    "tisc1 tisc2 tiss1 tiss2 quasimod vg cn d vbe_max vbc_max vce_max pd_max ic_max ib_max te_max "
    "rth0"
)
_DIODE = _names(
    "is js jsw tnom tref rs trs trs1 trs2 n ns tt ttt1 ttt2 cjo cj0 cj vj pb m mj tm1 tm2 cjp cjsw "
    "php mjsw ikf ik ikr nbv area pj tlev tlevc eg xti cta ctc ctp tpb tvj tphp jtun jtunsw ntun "
    "xtitun keg kf af fc fcs bv ibv ib tcv isr nr fv_max bv_max id_max te_max pd_max rth0 cth0 lm "
    "lp wm wp xom xoi xm xp"
)
_VDMOS = _names(
    "vto vth0 kp phi lambda theta rd rs rg tnom kf af rq vq mtriode tcvth vtotc mu bex texp0 texp1 "
    "trd1 trd2 trg1 trg2 trs1 trs2 trb1 trb2 subshift ksubthres tksubthres1 tksubthres2 bv ibv nbv "
    "rds rb n tt eg xti is vj cjo m fc cgdmin cgdmax a cgs rthjc rthca cthj vgs_max vgd_max "
    "vds_max vgsr_max vgdr_max pd_max id_max idr_max te_max rth_ext derating"
)
_RESISTOR = _names(
    "rsh narrow dw short dlr tc1 tc1r tc2 tc2r tce defw w l kf af tnom r res bv_max lf wf ef"
)
_CAPACITOR = _names(
    "cap cj cox cjsw capsw defw w defl l narrow short del tc1 tc2 tnom di thick bv_max c"
)
_MESFET = _names("vt0 vto alpha beta lambda b rd rs cgs cgd pb is fc kf af")
_ANY = ""
#: Parameters of each type, by level; ``""`` for a type that has none.
_TYPES: Mapping[str, Mapping[str, frozenset[str]]] = {
    "r": {_ANY: _RESISTOR},
    "c": {_ANY: _CAPACITOR},
    "l": {_ANY: _names("ind tc1 tc2 tnom csect dia length nt mu l")},
    "d": {"1": _DIODE, "3": _DIODE},
    "npn": {"1": _BIPOLAR, "2": _BIPOLAR},
    "pnp": {"1": _BIPOLAR, "2": _BIPOLAR},
    "njf": {"1": _JFET, "2": _JFET2},
    "pjf": {"1": _JFET, "2": _JFET2},
    "nmf": {"1": _MESFET},
    "pmf": {"1": _MESFET},
    "nmos": _MOSFETS,
    "pmos": _MOSFETS,
    "vdmos": {_ANY: _VDMOS},
    "vdmosn": {_ANY: _VDMOS},
    "vdmosp": {_ANY: _VDMOS},
    "sw": {_ANY: _names("vt vh ron roff")},
    "csw": {_ANY: _names("it ih ron roff")},
    "ltra": {_ANY: _names("r l g c len rel abs compactrel compactabs")},
}
#: Words that stand without a value.
_FLAGS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("vdmos", "vdmosn", "vdmosp"), _names("nchan pchan vdmosn vdmosp")),
    "ltra": _names(
        "nocontrol steplimit nosteplimit lininterp quadinterp mixedinterp truncnr truncdontcut"
    ),
}
#: Notes of data sheets that vendors' files carry and that ngspice leaves alone.
_NOTES = _names("mfg type iave ipk vpk vrev vceo icrating vds qg ron diss")
#: Model types that touch no file.
MODELS = frozenset(_TYPES)

_VALUE = re.compile(r"[a-z0-9_.+\-*/^]+|\{[^{}]*\}|'[^']*'")


def parameter_problem(kind: str, text: str) -> str:
    """Say what is wrong with the parameters of a model; ``""`` when nothing is.

    Parameters
    ----------
    kind : str
        Type of the model, one of `MODELS`.
    text : str
        What stands behind it, in lower case with single blanks.
    """
    given = list(pairs(text))
    levels = [value or "" for name, value in given if name == "level"]
    known = _TYPES[kind]
    default = "1" if "1" in known else _ANY
    level = levels[0] if levels else default
    if level not in known:
        if default == _ANY:
            return f"level {level}: a model of type {kind} has none; accepted: no level"
        why = "; other models write log files" if kind in ("nmos", "pmos") else ""
        return f"level {level}; accepted: level {', '.join(sorted(known))}{why}"
    names, flags = known[level], _FLAGS.get(kind, frozenset())
    for name, value in given:
        if value is None:
            if name not in flags:
                return f"{name!r} has no value; accepted: name=value"
        elif name not in names and name not in _NOTES and name != "level":
            return f"{name!r} is no parameter of type {kind}; {close_matches(name, names)}"
        elif not _VALUE.fullmatch(value):
            return f"{name}={value}: accepted: a number, or an expression in {{…}}"
    if len(levels) > 1 or text.count("level") > len(levels):
        return "'level' stands here more than once; accepted: level = number, once"
    return ""


def pairs(text: str) -> Iterator[tuple[str, str | None]]:
    """Give names and values of ``name=value`` words; None for a word without a value.

    Parameters
    ----------
    text : str
        Words between blanks, commas and round brackets; ``{…}`` and ``'…'`` belong together.
    """
    words = split_words(text)
    for word in words:
        name, equals, value = word.partition("=")
        yield name, value if equals else None


def split_words(text: str) -> list[str]:
    """Split at blanks, commas and round brackets that stand outside ``{…}`` and ``'…'``."""
    words: list[str] = []
    for place, part in enumerate(_GROUP.split(text)):
        if place % 2:  # an expression belongs to the word before it
            if words and words[-1].endswith("="):
                words[-1] += part
            else:
                words.append(part)
        else:
            words += re.sub(r" ?= ?", "=", _BETWEEN.sub(" ", part)).split()
    return words


_GROUP = re.compile(r"(\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|'[^']*')")
_BETWEEN = re.compile(r"[(),]")
