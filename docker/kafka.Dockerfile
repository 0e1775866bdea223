# A Kafka broker of one node from the jars of Maven Central, for trying the server out: nothing is replicated.
#
# ADVERTISED is the HOST:PORT by which clients reach it.
FROM debian:bookworm-slim AS jars
RUN apt-get update && apt-get install -y -qq --no-install-recommends maven default-jre-headless ca-certificates >/dev/null
COPY tests/kafka/pom.xml /pom.xml
RUN mvn -q -B -f /pom.xml -Dkafka.version=4.1.1 dependency:copy-dependencies -DoutputDirectory=/jars

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y -qq --no-install-recommends default-jre-headless >/dev/null \
 && rm -rf /var/lib/apt/lists/* && useradd --uid 10002 --create-home kafka \
 && install -d -o kafka /var/lib/kafka
COPY --from=jars /jars /jars
COPY docker/kafka /usr/local/bin/kafka
ENV ADVERTISED=kafka:9092
USER kafka
VOLUME /var/lib/kafka
EXPOSE 9092
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9092"]
CMD ["bash", "/usr/local/bin/kafka"]
