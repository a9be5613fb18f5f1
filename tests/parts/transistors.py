"""Bipolar and field-effect transistors from their data sheets' model cards."""

from __future__ import annotations

from part_deck import Deck, pulse_corners

_NPN = (
    ".model Q2N3904 NPN(IS=6.734f XTI=3 EG=1.11 VAF=74.03 BF=416.4 NE=1.259 ISE=6.734f IKF=66.78m "
    "XTB=1.5 BR=0.7371 NC=2 ISC=0 IKR=0 RC=1 CJC=3.638p MJC=0.3085 VJC=0.75 FC=0.5 CJE=4.493p "
    "MJE=0.2593 VJE=0.75 TR=239.5n TF=301.2p ITF=0.4 VTF=4 XTF=2 RB=10)"
)
_PNP = (
    ".model Q2N3906 PNP(IS=1.41f XTI=3 EG=1.11 VAF=18.7 BF=180.7 NE=1.5 ISE=0 IKF=80m XTB=1.5 "
    "BR=4.977 NC=2 ISC=0 IKR=0 RC=2.5 CJC=9.728p MJC=0.5776 VJC=0.75 FC=0.5 CJE=8.063p "
    "MJE=0.3677 VJE=0.75 TR=33.42n TF=179.3p ITF=0.4 VTF=4 XTF=6 RB=10)"
)
_JFET = (
    ".model J2N3819 NJF(BETA=1.304m VTO=-3 LAMBDA=2.25m RD=1 RS=1 CGD=1.6p CGS=2.414p PB=1 "
    "IS=33.57f FC=0.5 KF=0 AF=1)"
)
_CMOS = (
    ".model MN NMOS(LEVEL=1 VTO=0.7 KP=110u GAMMA=0.4 LAMBDA=0.04 PHI=0.7 TOX=14n CGSO=220p "
    "CGDO=220p CJ=560u CJSW=350p MJ=0.45 MJSW=0.2 PB=0.8)\n"
    ".model MP PMOS(LEVEL=1 VTO=-0.8 KP=40u GAMMA=0.5 LAMBDA=0.05 PHI=0.8 TOX=14n CGSO=220p "
    "CGDO=220p CJ=940u CJSW=320p MJ=0.5 MJSW=0.2 PB=0.9)"
)
_CMOS_3 = (
    ".model MN3 NMOS(LEVEL=3 TOX=20n NSUB=2.5e16 VTO=0.75 UO=550 THETA=0.08 ETA=0.02 KAPPA=0.3 "
    "VMAX=1.6e5 XJ=0.2u LD=0.05u CGSO=250p CGDO=250p CJ=400u CJSW=300p MJ=0.5 MJSW=0.3 PB=0.8)\n"
    ".model MP3 PMOS(LEVEL=3 TOX=20n NSUB=2.5e16 VTO=-0.85 UO=180 THETA=0.1 ETA=0.03 KAPPA=5 "
    "VMAX=2e5 XJ=0.2u LD=0.05u CGSO=250p CGDO=250p CJ=500u CJSW=300p MJ=0.5 MJSW=0.3 PB=0.8)"
)
_POWER = (
    ".model IRF540 VDMOS(RG=3 RD=24m RS=12m VTO=3.6 KP=30 LAMBDA=0.01 CGDMAX=1.5n CGDMIN=60p "
    "CGS=1.4n CJO=1.1n VJ=0.8 M=0.5 IS=2p RB=8m BV=100 IBV=250u TT=115n A=0.4)"
)

TRANSISTORS = {
    "2N3904 switch in saturation": Deck(
        f"""
Vcc c 0 5
Vb b 0 pulse(0 5 50n 5n 5n 300n 1)
Rb b bb 4.7k
Rc c o 1k
Q1 o bb 0 Q2N3904
{_NPN}""",
        1e-6,
        ("v(o)", "v(bb)", "i(vcc)"),
        pulse_corners(50e-9, 5e-9, 5e-9, 300e-9, 1.0, 1e-6),
    ),
    "2N3904 common-emitter amplifier": Deck(
        f"""
Vcc c 0 12
Vs s 0 sin(0 10m 10k)
Cs s b 1u
R1 c b 47k
R2 b 0 10k
Rc c o 4.7k
Re e 0 1k
Ce e 0 10u
Co o l 1u
Rl l 0 10k
Q1 o b e Q2N3904
{_NPN}""",
        400e-6,
        ("v(o)", "v(l)"),
    ),
    "2N3906 current mirror": Deck(
        f"""
Vcc c 0 5
I1 r 0 pulse(50u 1m 100n 10n 10n 1u 1)
Q1 r r c Q2N3906
Q2 o r c Q2N3906
Rl o 0 1k
{_PNP}""",
        2e-6,
        ("v(o)", "i(vcc)"),
        pulse_corners(100e-9, 10e-9, 10e-9, 1e-6, 1.0, 2e-6),
    ),
    "2N3904 emitter follower on a cable": Deck(
        f"""
Vcc c 0 12
Vs s 0 pulse(2 8 100n 20n 20n 500n 1)
Rs s b 100
Q1 c b e Q2N3904
Re e 0 470
Cl e 0 100p
{_NPN}""",
        1e-6,
        ("v(e)", "i(vs)"),
        pulse_corners(100e-9, 20e-9, 20e-9, 500e-9, 1.0, 1e-6),
    ),
    "2N3904 differential pair": Deck(
        f"""
Vcc c 0 12
Vee n 0 -12
Vs s 0 pulse(-100m 100m 1u 2u 2u 3u 1)
R1 c o1 10k
R2 c o2 10k
Q1 o1 s e Q2N3904
Q2 o2 0 e Q2N3904
Re e n 11k
{_NPN}""",
        10e-6,
        ("v(o1)", "v(o2)"),
        pulse_corners(1e-6, 2e-6, 2e-6, 3e-6, 1.0, 10e-6),
    ),
    "Darlington switch with a relay coil": Deck(
        f"""
Vcc c 0 12
Vb b 0 pulse(0 3.3 100u 1u 1u 1m 1)
Rb b b1 10k
Q1 o b1 b2 Q2N3904
Q2 o b2 0 Q2N3904 4
L1 c m 100m
Rm m o 360
Rw c o 47k
Cw c o 100p
D1 o c D4148
.model D4148 D(IS=2.52n RS=0.568 N=1.752 CJO=4p M=0.4 TT=20n)
{_NPN}""",
        2e-3,
        ("v(o)", "i(vcc)"),
        pulse_corners(100e-6, 1e-6, 1e-6, 1e-3, 1.0, 2e-3),
    ),
    "complementary output stage": Deck(
        f"""
Vcc c 0 9
Vee n 0 -9
Vs s 0 sin(0 5 20k)
R1 c b1 2.2k
D1 b1 s D4148
D2 s b2 D4148
R2 b2 n 2.2k
Q1 c b1 e1 Q2N3904
Q2 n b2 e2 Q2N3906
Re1 e1 o 4.7
Re2 e2 o 4.7
Rl o 0 470
.model D4148 D(IS=2.52n RS=0.568 N=1.752 CJO=4p M=0.4 TT=20n)
{_NPN}
{_PNP}""",
        100e-6,
        ("v(o)", "i(vcc)"),
    ),
    "optocoupler": Deck(
        f"""
Va a 0 pulse(0 5 1u 50n 50n 10u 1)
R1 a b 330
D1 b s DIR
Vs s 0 0
F1 0 base Vs 0.01
Q1 o base 0 Q2N3904
Rb base 0 220k
Vcc c 0 5
Rc c o 1k
.model DIR D(IS=1p N=1.95 RS=2 CJO=30p TT=500n BV=6 IBV=10u)
{_NPN}""",
        40e-6,
        ("v(o)", "i(va)"),
        pulse_corners(1e-6, 50e-9, 50e-9, 10e-6, 1.0, 40e-6),
    ),
    "2N3819 common-source amplifier": Deck(
        f"""
Vdd d 0 15
Vs s 0 pulse(-200m 200m 2u 1u 1u 5u 1)
Cs s g 100n
Rg g 0 1meg
Rd d o 1.5k
Rs k 0 330
Ck k 0 1u
J1 o g k J2N3819
{_JFET}""",
        20e-6,
        ("v(o)", "i(vdd)"),
        pulse_corners(2e-6, 1e-6, 1e-6, 5e-6, 1.0, 20e-6),
    ),
    "2N3819 output characteristic": Deck(
        f"Vd d 0 pulse(0 10 0 1m 1m 0 10)\nJ1 d 0 s J2N3819\nRs s 0 100\n{_JFET}",
        2.5e-3,
        ("i(vd)",),
        (1e-3, 2e-3),
    ),
    "CMOS inverter": Deck(
        f"""
Vdd d 0 3.3
Vi g 0 pulse(0 3.3 1n 200p 200p 4n 1)
Ri g i 500
Mn o i 0 0 MN W=4u L=0.8u AD=8p AS=8p PD=12u PS=12u
Mp o i d d MP W=10u L=0.8u AD=20p AS=20p PD=24u PS=24u
Cl o 0 50f
{_CMOS}""",
        10e-9,
        ("v(o)", "i(vdd)"),
        pulse_corners(1e-9, 200e-12, 200e-12, 4e-9, 1.0, 10e-9),
    ),
    "MOSFET source follower": Deck(
        f"""
Vdd d 0 5
Vi g 0 pulse(1.5 3.5 10n 5n 5n 50n 1)
Ri g i 50
M1 d i o 0 MN W=100u L=1u AD=200p AS=200p PD=204u PS=204u
R1 o 0 2k
Cl o 0 2p
{_CMOS}""",
        150e-9,
        ("v(o)", "i(vi)"),
        pulse_corners(10e-9, 5e-9, 5e-9, 50e-9, 1.0, 150e-9),
    ),
    "MOSFET gate ramp without charge": Deck(
        "Vd d 0 1\nVg g 0 pulse(0 3 0 10 1 0 20)\nM1 d g 0 0 MQ W=10u L=1u\n"
        ".model MQ NMOS(LEVEL=1 VTO=0.7 KP=110u LAMBDA=0.04)",
        10.0,
        ("i(vd)",),
    ),
    "MOSFET level 3 inverter": Deck(
        f"""
Vdd d 0 5
Vi g 0 pulse(0 5 1n 500p 500p 5n 1)
Ri g i 500
Mn o i 0 0 MN3 W=6u L=1u AD=12p AS=12p PD=16u PS=16u
Mp o i d d MP3 W=14u L=1u AD=28p AS=28p PD=32u PS=32u
Cl o 0 100f
{_CMOS_3}""",
        12e-9,
        ("v(o)", "i(vdd)"),
        pulse_corners(1e-9, 500e-12, 500e-12, 5e-9, 1.0, 12e-9),
    ),
    "sample and hold": Deck(
        f"""
Vi i 0 sin(1.2 0.5 1meg)
Vg d 0 pulse(0 3.3 50n 1n 1n 100n 250n)
Rg d g 200
M1 i g o 0 MN W=10u L=0.8u AD=20p AS=20p PD=24u PS=24u
Ch o 0 1p
{_CMOS}""",
        1e-6,
        ("v(o)",),
        pulse_corners(50e-9, 1e-9, 1e-9, 100e-9, 250e-9, 1e-6),
    ),
    "IRF540 with a resistive load": Deck(
        f"""
Vdd d 0 24
Vg g 0 pulse(0 12 200n 20n 20n 2u 1)
Rg g gg 22
Rl d o 4.7
M1 o gg 0 IRF540
{_POWER}""",
        5e-6,
        ("v(o)", "v(gg)", "i(vdd)"),
        pulse_corners(200e-9, 20e-9, 20e-9, 2e-6, 1.0, 5e-6),
    ),
    "IRF540 boost converter, first pulses": Deck(
        f"""
Vdd d 0 12
Vg g 0 pulse(0 12 1u 50n 50n 5u 10u)
Rg g gg 10
L1 d o 47u
Rl d dl 10k
Rd dl o 10k
M1 o gg 0 IRF540
D1 o c D5822
C1 c 0 4.7u
R1 c 0 47
.model D5822 D(IS=10u N=1.1 RS=20m CJO=500p VJ=0.5 M=0.5 BV=60 IBV=1m)
{_POWER}""",
        40e-6,
        ("v(c)", "v(o)", "i(vdd)"),
        pulse_corners(1e-6, 50e-9, 50e-9, 5e-6, 10e-6, 40e-6),
    ),
}
