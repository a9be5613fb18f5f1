"""Op-amp macro-models, coupled inductors, lines, switches and bridges."""

from __future__ import annotations

from part_deck import Deck, pulse_corners

_SINGLE_POLE = """
.subckt opamp plus minus out params: gain=1e5 pole=10 rout=75
Rin plus minus 2meg
G1 0 x plus minus 1m
R1 x 0 {gain/1m}
C1 x 0 {1m/(6.283185307*gain*pole)}
E1 y 0 x 0 1
Rout y out {rout}
.ends
"""
_LIMITED = """
.subckt lmopamp plus minus out params: gain=2e5 pole=5 swing=13 slew=0.5e6
Rin plus minus 2meg
Cin plus minus 2p
Bin 0 x I={slew}*3e-9*tanh(V(plus,minus)*6.283185307*({gain})*({pole})/({slew}))
R1 x 0 {gain/(6.283185307*gain*pole*3e-9)}
C1 x 0 3n
Bout y 0 V={swing}*tanh(V(x)/({swing}))
Rout y out 50
.ends
"""
_NESTED = """
.subckt stage in out params: r=1k c=1p
E1 a 0 in 0 1
R1 a out {r}
C1 out 0 {c}
.ends
.subckt clamp out hi lo
D1 out hi DX
D2 lo out DX
.model DX D(IS=1e-15 N=1 RS=1)
.ends
.subckt macro plus minus out vcc vee params: gbw=4meg second=12meg
Rin plus minus 1e12
Cin plus minus 3p
G1 0 x plus minus {6.283185307*gbw*10p}
R1 x 0 100meg
C1 x 0 10p
Xclamp x hi lo clamp
Vh vcc hi 1.2
Vl lo vee 1.2
Xstage x z stage r=1k c={1/(6.283185307*1k*second)}
E2 y 0 z 0 1
Ro y out 100
.ends
"""
_VENDOR = """
.subckt PDIODE anode cathode light params: resp=0.62 area=7.5
Xjunction anode cathode PDJ
Gph cathode anode VALUE={V(light)*{resp}*{area}*1e-5}
Rlight light 0 1meg
Rsh anode cathode 1g
.subckt PDJ a k
D1 a k DPD
Rleak a k 10g
.ends
.model DPD D(IS=2n N=1.05 RS=0.5 CJO=72p VJ=0.6 M=0.45 BV=60 IBV=10u TT=10n)
.ends
"""

CIRCUITS = {
    "op-amp with one pole, step": Deck(
        f"Vi i 0 pulse(0 1 10u 1u 1u 50u 1)\nX1 i m o opamp\nR1 m 0 1k\nR2 o m 9k\n{_SINGLE_POLE}",
        100e-6,
        ("v(o)",),
        pulse_corners(10e-6, 1e-6, 1e-6, 50e-6, 1.0, 100e-6),
    ),
    "op-amp with limits, overdriven": Deck(
        f"Vi i 0 pulse(-2 2 50u 5u 5u 200u 1)\nR1 i m 1k\nR2 o m 10k\nX1 0 m o lmopamp\n{_LIMITED}",
        500e-6,
        ("v(o)", "v(m)"),
        pulse_corners(50e-6, 5e-6, 5e-6, 200e-6, 1.0, 500e-6),
    ),
    "op-amp macro-model of nested subcircuits, integrator": Deck(
        f"""
Vp vcc 0 15
Vn vee 0 -15
Vi i 0 pulse(0 1 5u 100n 100n 20u 1)
R1 i m 10k
C1 o m 1n
R2 o m 1meg
X1 0 m o vcc vee macro
{_NESTED}""",
        60e-6,
        ("v(o)", "v(m)"),
        pulse_corners(5e-6, 100e-9, 100e-9, 20e-6, 1.0, 60e-6),
    ),
    "op-amp macro-model against its rail": Deck(
        f"""
Vp vcc 0 5
Vn vee 0 -5
Vi i 0 pulse(0 1 2u 200n 200n 20u 1)
R1 m 0 1k
R2 o m 9k
X1 i m o vcc vee macro
{_NESTED}""",
        50e-6,
        ("v(o)",),
        pulse_corners(2e-6, 200e-9, 200e-9, 20e-6, 1.0, 50e-6),
    ),
    "transimpedance amplifier with a photodiode": Deck(
        f"""
Vl l 0 pulse(0 1 10u 1u 1u 40u 1)
X1 0 m l PDIODE
X2 0 m o opamp gain=1e5 pole=50
Rf o m 100k
Cf o m 10p
{_VENDOR}{_SINGLE_POLE}""",
        100e-6,
        ("v(o)", "v(m)"),
        pulse_corners(10e-6, 1e-6, 1e-6, 40e-6, 1.0, 100e-6),
    ),
    "vendor photodiode, photoconductive": Deck(
        f"""
Vb b 0 5
Vl l 0 pulse(0 1 5u 500n 500n 20u 1)
X1 a b l PDIODE
RL a 0 50k
{_VENDOR}""",
        60e-6,
        ("v(a)", "i(vb)"),
        pulse_corners(5e-6, 500e-9, 500e-9, 20e-6, 1.0, 60e-6),
    ),
    "vendor photodiode, solar cell": Deck(
        f"Vl l 0 pulse(0 10 100u 100u 100u 1m 1)\nX1 a 0 l PDIODE\nRL a 0 10k\n{_VENDOR}",
        3e-3,
        ("v(a)",),
        pulse_corners(100e-6, 100e-6, 100e-6, 1e-3, 1.0, 3e-3),
    ),
    "coupled inductors under a pulse": Deck(
        """
Va a 0 pulse(0 10 1u 100n 100n 5u 1)
R1 a b 10
L1 b 0 100u
L2 c 0 400u
K1 L1 L2 0.98
R2 c 0 470
C2 c 0 100p""",
        20e-6,
        ("v(c)", "i(va)"),
        pulse_corners(1e-6, 100e-9, 100e-9, 5e-6, 1.0, 20e-6),
    ),
    "transformer with a rectifier": Deck(
        """
Va a 0 sin(0 100 1k)
R1 a b 5
L1 b 0 100m
L2 c 0 1m
K1 L1 L2 0.995
R2 c d 0.1
D1 d o D5819
Rs d s 22
Cs s o 10n
C1 o 0 100u
RL o 0 50
.model D5819 D(IS=31.7u RS=51m N=1.373 CJO=110p VJ=0.35 M=0.35 BV=60 IBV=1m)""",
        4e-3,
        ("v(o)", "i(va)"),
    ),
    "three coupled windings": Deck(
        """
Va a 0 pulse(0 12 2u 200n 200n 10u 1)
R1 a b 2
L1 b 0 200u
L2 c 0 50u
L3 0 d 50u
K12 L1 L2 0.97
K13 L1 L3 0.97
K23 L2 L3 0.95
R2 c 0 100
R3 d 0 33""",
        30e-6,
        ("v(c)", "v(d)", "i(va)"),
        pulse_corners(2e-6, 200e-9, 200e-9, 10e-6, 1.0, 30e-6),
    ),
    "LC ring-down": Deck(
        "I1 0 a pulse(1m 0 1u 10n 10n 1 2)\nL1 a b 10u\nR1 b 0 1\nC1 a 0 1n\nR2 a 0 20k",
        6e-6,
        ("v(a)",),
        (1e-6, 1.01e-6),
    ),
    "matched and open transmission lines": Deck(
        """
Va a 0 sin(0 1 100meg)
R1 a b 50
C1 b 0 2p
T1 b 0 c 0 Z0=50 TD=2n
R2 c 0 50
R3 b d 50
T2 d 0 e 0 Z0=75 TD=1.5n
R4 e 0 1k
C4 e 0 1p""",
        20e-9,
        ("v(b)", "v(c)", "v(e)"),
    ),
    "switch that charges a capacitor": Deck(
        """
Va a 0 5
Vc c 0 pulse(0 2 10u 10u 10u 30u 1)
S1 a b c 0 SWM
R1 b 0 10k
C1 b 0 1n
.model SWM SW(VT=1 VH=0 RON=100 ROFF=10meg)""",
        100e-6,
        ("v(b)",),
        (*pulse_corners(10e-6, 10e-6, 10e-6, 30e-6, 1.0, 100e-6), 15e-6, 55e-6),
    ),
    "smooth analogue switch": Deck(
        """
Va a 0 5
Vc c 0 pulse(0 2 10u 10u 10u 30u 1)
B1 a b I=V(a,b)*(1e-7+1e-2/(1+exp(min(max((1-V(c))/0.05,-80),80))))
R1 b 0 10k
C1 b 0 1n""",
        100e-6,
        ("v(b)",),
        pulse_corners(10e-6, 10e-6, 10e-6, 30e-6, 1.0, 100e-6),
    ),
    "Wheatstone bridge with an amplifier": Deck(
        f"""
Va a 0 pulse(0 5 1m 100u 100u 2m 1)
R1 a p 1k
R2 p 0 1.01k
R3 a q 1k
R4 q 0 1k
C1 p q 100n
X1 p m o opamp gain=1e5 pole=10
R5 m q 10k
R6 o m 100k
{_SINGLE_POLE}""",
        5e-3,
        ("v(p)", "v(o)"),
        pulse_corners(1e-3, 100e-6, 100e-6, 2e-3, 1.0, 5e-3),
    ),
    "resistor bridge without charge": Deck(
        "Va a 0 pulse(0 5 1m 1m 1m 1m 10)\nR1 a p 1k\nR2 p 0 1.2k\nR3 a q 1.5k\nR4 q 0 1k\n"
        "R5 p q 680",
        5e-3,
        ("v(p)", "v(q)", "i(va)"),
        pulse_corners(1e-3, 1e-3, 1e-3, 1e-3, 10.0, 5e-3),
    ),
}
