#!/usr/bin/env python3
"""Not a test: says how fast a site's first page is in Chromium, from disk.

Usage: pages_speed.py SITE [PAGE]. Prints medians of seven openings: first paint and end of the scripts since the
navigation began, time until a search shows its rows, layout shift; and the bytes of the page with all it loads.
"""
import pathlib
import statistics
import sys
import tempfile
import time

import pages_test


def main():
    page = pathlib.Path(sys.argv[1]).resolve() / (sys.argv[2] if len(sys.argv) > 2 else "index.html")
    with tempfile.TemporaryDirectory(prefix="joulebench-speed-") as folder:
        pages_test.FOLDER = pathlib.Path(folder)
        driver = pages_test.make_driver()
        try:
            driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": pages_test.OBSERVE})
            results = []
            for _ in range(7):
                driver.get("about:blank")
                driver.get(page.as_uri())
                time.sleep(0.5)
                found = driver.execute_script(pages_test.OBSERVED)
                search = driver.execute_async_script(
                    "const done = arguments[0], box = document.querySelector('input.filter'), at = performance.now();"
                    "if (!box) return done(0); box.value = 'tree'; box.dispatchEvent(new Event('input'));"
                    "requestAnimationFrame(() => setTimeout(() => done(performance.now() - at)));")
                results.append(found + [search])
        finally:
            driver.quit()
    paint, ready, shift, search = (statistics.median(column) for column in zip(*results))
    print(f"first paint {paint:.0f} ms, scripts done {ready:.0f} ms, search {search:.0f} ms, layout shift {shift:g}, "
          f"{pages_test.bytes_of(page):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
