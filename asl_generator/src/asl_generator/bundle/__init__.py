"""The zip that the Lambda functions run from, and the files of the reference job. Built on a person's machine or in CI."""

from asl_generator.bundle.build import Bundle, build_bundle
from asl_generator.bundle.job import Artifact, JobArtifacts, job_artifacts
from asl_generator.bundle.target import ARCHITECTURES, PYTHONS, Architecture, BundleTarget

__all__ = [
    "ARCHITECTURES",
    "PYTHONS",
    "Architecture",
    "Artifact",
    "Bundle",
    "BundleTarget",
    "JobArtifacts",
    "build_bundle",
    "job_artifacts",
]
