# The usual commands. `make run` first.

.PHONY: run demo test screenshots bench check install

run:            ## a registry and portus-rs, ready for a first push
	examples/minimal/run.sh

demo:           ## in a second terminal: users and images to look at
	examples/minimal/demo.sh

test: install   ## everything, on real registries and databases
	cargo test --workspace

screenshots: install   ## every page of the console in light, dark and on a phone: target/screenshots
	cargo test -p portus-rs --test it -- --ignored pages::everywhere::pictures
	PORTUS_PICTURES=1 cargo test -p portus-rs --test it -- pages::walks

bench: install   ## the numbers we hold ourselves to, as ratios
	cargo bench --workspace

check:          ## format, lints, licences: what a change must pass beside the tests
	.ci/check

install:        ## the servers and clients that the tests need, where missing
	.ci/install test
