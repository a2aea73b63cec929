# SPDX-License-Identifier: Apache-2.0
"""The figures as text, and what they should be."""

# case, figure, least or most, in relation to the pair
GOALS = [
    ("4 KiB, new connections", "rate", 5.0),
    ("4 KiB, kept connections", "rate", 6.0),
    ("64 KiB, kept connections", "rate", 5.0),
    ("4 KiB, new connections", "cpu", 0.1),
    ("4 KiB, kept connections", "cpu", 0.1),
]
PROCESS_LIMIT = 60e6
SESSION_LIMIT = 8 * 1_024


def line(stack, case, figures):
    print(
        f"  {stack:18} {case:25} {figures['accepted']:8.0f} accepted/s {figures['drained']:8.0f} drained/s "
        f"{figures['cpu']:7.0f} us/message {figures['memory'] / 1e6:6.0f} MB  fdatasync {figures['sync'] * 1e3:.2f} ms",
        flush=True,
    )


def table(medians, cases, kinds):
    print("\nmedians")
    for case in cases:
        for kind in kinds:
            line(kind.name, case, medians[case][kind.__name__])
        if len(kinds) == 2:
            pair, relaybox = medians[case]["Pair"], medians[case]["Relaybox"]
            print(
                f"  {'ratio':18} {case:25} {relaybox['accepted'] / pair['accepted']:8.1f} times      "
                f"{relaybox['drained'] / pair['drained']:8.1f} times     "
                f"{relaybox['cpu'] / pair['cpu']:7.3f}            "
                f"{relaybox['memory'] / pair['memory']:6.2f}"
            )


def idle(figures):
    print(
        f"\nidle process {figures['process'] / 1e6:.1f} MB; {figures['session'] / 1_024:.1f} KB more for each of "
        f"{figures['sessions']} idle sessions"
    )


def verdict(medians, sessions):
    """Prints each goal with what was reached; returns how many were missed. A rate must be reached in both senses:
    accepted and drained."""
    print("\ngoals")
    missed = 0

    def goal(met, text):
        nonlocal missed
        missed += not met
        print(f"  {'met   ' if met else 'MISSED'} {text}")

    for case, figure, bound in GOALS:
        pair, relaybox = medians[case]["Pair"], medians[case]["Relaybox"]
        if figure == "cpu":
            ratio = relaybox["cpu"] / pair["cpu"]
            goal(ratio <= bound, f"{case}: processor time per message {ratio:.3f} of the pair's (at most {bound})")
        else:
            for rate in ("accepted", "drained"):
                ratio = relaybox[rate] / pair[rate]
                goal(
                    ratio >= bound,
                    f"{case}: {ratio:.1f} times the pair's messages {rate} a second (at least {bound:g})",
                )
    if sessions:
        goal(sessions["process"] < PROCESS_LIMIT, f"idle process {sessions['process'] / 1e6:.1f} MB (under 60)")
        goal(
            sessions["session"] <= SESSION_LIMIT,
            f"{sessions['session'] / 1_024:.1f} KB for each of {sessions['sessions']} idle sessions (at most 8)",
        )
    return missed
