"""Diodes and LEDs from their data sheets' model cards."""

from __future__ import annotations

from part_deck import Deck, pulse_corners

_1N4148 = ".model D1N4148 D(IS=2.52n RS=0.568 N=1.752 CJO=4p M=0.4 VJ=0.7 TT=20n BV=110 IBV=100u)"
_PHOTODIODE = ".model DPD D(IS=2n N=1.05 RS=0.5 CJO=72p VJ=0.6 M=0.45 BV=60 IBV=10u TT=10n)"

DIODES = {
    "photodiode under a forward pulse": Deck(
        f"Va a 0 pulse(0 0.3 1m 1u 1u 1m 1)\nD1 a 0 DPD\n{_PHOTODIODE}",
        5e-3,
        ("i(va)",),
        pulse_corners(1e-3, 1e-6, 1e-6, 1e-3, 1.0, 5e-3),
    ),
    "photodiode under reverse bias and light": Deck(
        f"""
Vb b 0 5
Iph k a pulse(0 20u 2u 100n 100n 10u 1)
D1 a k DPD
Rb b k 100
RL a 0 10k
{_PHOTODIODE}""",
        40e-6,
        ("v(a)", "i(vb)"),
        pulse_corners(2e-6, 100e-9, 100e-9, 10e-6, 1.0, 40e-6),
    ),
    "signal diode, reverse recovery": Deck(
        f"Va a 0 pulse(5 -5 100n 2n 2n 300n 1)\nR1 a b 1k\nD1 b 0 D1N4148\n{_1N4148}",
        600e-9,
        ("i(va)", "v(b)"),
        pulse_corners(100e-9, 2e-9, 2e-9, 300e-9, 1.0, 600e-9),
    ),
    "signal diode, half-wave rectifier with a smoothing capacitor": Deck(
        f"Va a 0 sin(0 10 1k)\nR1 a b 10\nD1 b c D1N4148\nC1 c 0 10u\nR2 c 0 1k\n{_1N4148}",
        3e-3,
        ("v(c)", "i(va)"),
    ),
    "signal diodes, voltage doubler": Deck(
        f"""
Va a 0 sin(0 5 10k)
C1 a b 1u
D1 0 b D1N4148
D2 b c D1N4148
C2 c 0 1u
R2 c 0 10k
{_1N4148}""",
        500e-6,
        ("v(b)", "v(c)"),
    ),
    "signal diode, slow forward ramp": Deck(
        f"Va a 0 pulse(0 0.7 0 1 1 0 10)\nD1 a 0 D1N4148\n{_1N4148}",
        2.5,
        ("i(va)",),
        (1.0, 2.0),
    ),
    "Schottky diode in a switch-mode output": Deck(
        """
Va a 0 pulse(-12 12 200n 20n 20n 2u 5u)
R1 a b 4.7
D1 b c D1N5819
L1 c d 10u
C1 d 0 100n
R2 d 0 50
.model D1N5819 D(IS=31.7u RS=51m N=1.373 CJO=110p VJ=0.35 M=0.35 BV=40 IBV=1m TT=0)""",
        10e-6,
        ("v(b)", "v(d)", "i(va)"),
        pulse_corners(200e-9, 20e-9, 20e-9, 2e-6, 5e-6, 10e-6),
    ),
    "Schottky diode, peak detector": Deck(
        """
Va a 0 pulse(0 1 10u 5u 5u 20u 60u)
R1 a b 50
D1 b c DBAT54
C1 c 0 1n
R2 c 0 100k
.model DBAT54 D(IS=200n RS=2.5 N=1.05 CJO=12p VJ=0.4 M=0.4 BV=30 IBV=10u EG=0.69 XTI=2)""",
        200e-6,
        ("v(c)", "i(va)"),
        pulse_corners(10e-6, 5e-6, 5e-6, 20e-6, 60e-6, 200e-6),
    ),
    "zener diode in breakdown": Deck(
        """
Va a 0 pulse(0 12 10u 50u 50u 100u 1)
R1 a b 220
D1 0 b DZ5V1
C1 b 0 10n
.model DZ5V1 D(IS=1f N=1.1 RS=5 BV=5.1 IBV=5m CJO=160p VJ=0.75 M=0.33 TT=50n)""",
        300e-6,
        ("v(b)", "i(va)"),
        pulse_corners(10e-6, 50e-6, 50e-6, 100e-6, 1.0, 300e-6),
    ),
    "zener diodes back to back, clipper": Deck(
        """
Va a 0 sin(0 20 1k)
R1 a b 1k
D1 m b DZ9V1
D2 m 0 DZ9V1
.model DZ9V1 D(IS=2f N=1.1 RS=4 BV=9.1 IBV=5m CJO=90p VJ=0.75 M=0.35)""",
        2e-3,
        ("v(b)", "i(va)"),
    ),
    "varactor in a tuned circuit": Deck(
        """
Vt t 0 4
Rt t k 100k
Cc k o 1n
D1 0 k DBB
L1 o 0 100n
I1 0 o pulse(0 1m 10n 1n 1n 100n 1)
R1 o 0 2k
.model DBB D(IS=1e-14 N=1.1 RS=0.4 CJO=42p VJ=0.7 M=0.5 BV=30 IBV=10n)""",
        150e-9,
        ("v(o)", "v(k)"),
        pulse_corners(10e-9, 1e-9, 1e-9, 100e-9, 1.0, 150e-9),
    ),
    "red LED at 20 mA": Deck(
        """
Va a 0 pulse(0 5 1u 100n 100n 10u 1)
R1 a b 150
D1 b 0 DRED
C1 b 0 100p
.model DRED D(IS=93.2p N=3.73 RS=42m BV=4 IBV=10u CJO=2.97p VJ=0.75 M=0.333 TT=4.32u)""",
        30e-6,
        ("i(va)", "v(b)"),
        pulse_corners(1e-6, 100e-9, 100e-9, 10e-6, 1.0, 30e-6),
    ),
    "blue LED, pulse-width modulated": Deck(
        """
Va a 0 pulse(0 5 1u 20n 20n 4u 10u)
R1 a b 82
D1 b 0 DBLUE
.model DBLUE D(IS=2.7e-24 N=2.45 RS=6 BV=5 IBV=10u CJO=120p VJ=0.9 M=0.4 TT=8n EG=2.7)""",
        30e-6,
        ("i(va)", "v(b)"),
        pulse_corners(1e-6, 20e-9, 20e-9, 4e-6, 10e-6, 30e-6),
    ),
    "bridge rectifier": Deck(
        """
Va p q sin(0 17 50)
Rq q 0 1meg
R1 p r 1
D1 r o D4001
D2 q o D4001
D3 m r D4001
D4 m q D4001
Vm m 0 0
C1 o 0 470u
RL o 0 100
.model D4001 D(IS=14.11n N=1.984 RS=33.9m CJO=25.9p VJ=0.325 M=0.44 TT=5.7u BV=75 IBV=10u)""",
        50e-3,
        ("v(o)", "i(va)"),
    ),
}
