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

OBSERVE = ("self.shift = 0; new PerformanceObserver(list => { for (const one of list.getEntries()) shift += one.value; })"
           ".observe({type: 'layout-shift', buffered: true});"
           "new PerformanceObserver(list => { for (const one of list.getEntries()) self[one.name] = one.startTime; })"
           ".observe({type: 'paint', buffered: true});")
RESULT = ("const one = performance.getEntriesByType('navigation')[0]; return [self['first-contentful-paint'], "
          "one.domContentLoadedEventEnd, self.shift]")


def main():
    page = pathlib.Path(sys.argv[1]).resolve() / (sys.argv[2] if len(sys.argv) > 2 else "index.html")
    with tempfile.TemporaryDirectory(prefix="joulebench-speed-") as folder:
        pages_test.FOLDER = pathlib.Path(folder)
        driver = pages_test.make_driver()
        try:
            driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": OBSERVE})
            results = []
            for _ in range(7):
                driver.get("about:blank")
                driver.get(page.as_uri())
                time.sleep(0.5)
                found = driver.execute_script(RESULT)
                search = driver.execute_async_script(
                    "const done = arguments[0], box = document.querySelector('input.filter'), at = performance.now();"
                    "if (!box) return done(0); box.value = 'tree'; box.dispatchEvent(new Event('input'));"
                    "requestAnimationFrame(() => setTimeout(() => done(performance.now() - at)));")
                results.append([one or 0 for one in found] + [search])
        finally:
            driver.quit()
    paint, ready, shift, search = (statistics.median(column) for column in zip(*results))
    size = sum((page.parent / name).stat().st_size for name in (page.name, "style.css", "board.js")
               if (page.parent / name).is_file())
    print(f"first paint {paint:.0f} ms, scripts done {ready:.0f} ms, search {search:.0f} ms, layout shift {shift:g}, "
          f"{size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
