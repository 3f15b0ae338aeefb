"""The command's way in. Light, since ctrl+c while Python loads all the rest must not print a traceback."""

# The module `signal` loads `enum` and `collections`: a third of the wait that this is about.
import _signal as signal  # type: ignore[import-not-found]


def main() -> int:
    """Run ``goalgate`` and return its exit status; interrupted before it can say anything, the process just ends."""
    handler = signal.getsignal(signal.SIGINT)
    # Elsewhere it may be ignored: in what a shell starts in the background, say.
    python_raises = handler is signal.default_int_handler
    if python_raises:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from tui.cli import main as run

    try:
        signal.signal(signal.SIGINT, handler)
        return run()
    except KeyboardInterrupt:
        return 130
    finally:
        if python_raises:
            # Python still takes itself apart.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
