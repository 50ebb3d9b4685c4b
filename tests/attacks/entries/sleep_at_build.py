# build: python3 -c "import time; time.sleep(1000)"
# A build step that never ends.
# expect: build
import jb
jb.serve()
