#!/bin/sh
# Builds target/hapi-interop.jar with Maven, unless it is newer than everything it is made of.
set -e
cd "$(dirname "$0")"
jar=target/hapi-interop.jar
if [ -f "$jar" ] && [ -d target/lib ] && [ -z "$(find src pom.xml -newer "$jar" -print -quit)" ]; then
    exit 0
fi
# Offline first: what an earlier run downloaded is enough.
mvn -q -B -o package 2>/dev/null || mvn -q -B package
