"""Writes external_*.onnx: classifiers of scikit-learn, XGBoost and LightGBM as their users export them.

Two features, three classes, made data. pip install scikit-learn==1.9.1 xgboost-cpu==3.2.0 lightgbm==4.7.0 skl2onnx onnxmltools
"""

import pathlib

import lightgbm
import numpy as np
from onnxmltools import convert_lightgbm, convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as ToolsFloat
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
import xgboost

here = pathlib.Path(__file__).parent
rng = np.random.default_rng(1)
labels = np.arange(90) % 3
scores = (rng.normal(size=(90, 2)) + np.stack([labels, labels == 1], 1)).astype(np.float32)


def write(name, model):
    (here / f"external_{name}.onnx").write_bytes(model.SerializeToString())


plain = {"zipmap": False}
logistic = LogisticRegression().fit(scores, labels)
write("logistic", to_onnx(logistic, scores[:1], options=plain))
write("zipmap", to_onnx(logistic, scores[:1]))
write("forest", to_onnx(RandomForestClassifier(4, max_depth=3, random_state=1).fit(scores, labels), scores[:1], options=plain))
inputs = [("input", ToolsFloat([None, 2]))]
write("xgboost", convert_xgboost(xgboost.XGBClassifier(n_estimators=3, max_depth=2).fit(scores, labels), initial_types=inputs))
gbm = lightgbm.LGBMClassifier(n_estimators=3, num_leaves=4, verbose=-1).fit(scores, labels)
write("lightgbm", convert_lightgbm(gbm, initial_types=inputs, zipmap=False))
print(logistic.predict_proba(np.zeros((1, 2))).round(6).tolist(), logistic.intercept_.tolist(), logistic.coef_.tolist())
